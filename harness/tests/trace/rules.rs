//! The rules of the format, and that the file says what the snapshots say.

use super::Run;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A time or a length of an event, in nanoseconds.
fn nanoseconds(event: &Value, member: &str) -> Result<i64, String> {
    let micros = event[member]
        .as_f64()
        .ok_or_else(|| format!("no number `{member}`: {event}"))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "runs last less than a hundred days"
    )]
    let nanoseconds = (micros * 1000.0).round() as i64;
    if nanoseconds < 0 {
        return Err(format!("`{member}` is negative: {event}"));
    }
    Ok(nanoseconds)
}

fn number(event: &Value, member: &str) -> Result<u64, String> {
    event[member]
        .as_u64()
        .ok_or_else(|| format!("no number `{member}`: {event}"))
}

type Place = (u64, u64);

/// What has been read of a trace so far.
#[derive(Default)]
pub struct Reading {
    /// Names of processes and of tracks.
    processes: BTreeMap<u64, String>,
    pub tracks: BTreeMap<Place, String>,
    /// The time of the last event of a process.
    last: BTreeMap<u64, i64>,
    /// The ends of the slices that are open on a track, and all slices of it.
    open: BTreeMap<Place, Vec<i64>>,
    slices: BTreeMap<Place, Vec<(i64, i64)>>,
    /// The ends of arrows: phase, place, time.
    pub arrows: BTreeMap<u64, Vec<(String, Place, i64)>>,
    /// The values of counters with their times.
    counters: BTreeMap<(u64, String), Vec<(i64, i64)>>,
}

impl Reading {
    fn take(&mut self, event: &Value) -> Result<(), String> {
        let (phase, pid) = (event["ph"].as_str().unwrap_or_default(), number(event, "pid")?);
        let name = event["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("no name: {event}"))?;
        if phase == "M" {
            return self.metadata(event, pid, name);
        }
        let at = nanoseconds(event, "ts")?;
        let last = self.last.entry(pid).or_insert(0);
        if at < *last {
            return Err(format!("goes back in time: {event}"));
        }
        *last = at;
        if phase == "C" {
            let value = event["args"]["pages"].as_i64();
            let value = value.ok_or_else(|| format!("a counter without value: {event}"))?;
            let values = self.counters.entry((pid, name.to_owned())).or_default();
            values.push((at, value));
            return Ok(());
        }
        let place = (pid, number(event, "tid")?);
        if !self.tracks.contains_key(&place) {
            return Err(format!("on a track without name: {event}"));
        }
        match phase {
            "X" => {
                let end = at + nanoseconds(event, "dur")?;
                let open = self.open.entry(place).or_default();
                while open.last().is_some_and(|open| *open <= at) {
                    open.pop();
                }
                if open.last().is_some_and(|around| end > *around) {
                    return Err(format!("does not nest: {event}"));
                }
                open.push(end);
                self.slices.entry(place).or_default().push((at, end));
            }
            "s" | "t" | "f" => {
                if phase != "s" && event["bp"] != "e" || event["cat"].is_null() {
                    return Err(format!("an arrow that a viewer does not take: {event}"));
                }
                let ends = self.arrows.entry(number(event, "id")?).or_default();
                ends.push((phase.to_owned(), place, at));
            }
            "i" if event["s"] == "t" => {}
            _ => return Err(format!("no phase of ours: {event}")),
        }
        Ok(())
    }

    fn metadata(&mut self, event: &Value, pid: u64, name: &str) -> Result<(), String> {
        let said = event["args"]["name"].as_str().map(str::to_owned);
        let (known, said) = match (name, said) {
            ("process_name", Some(said)) => (self.processes.insert(pid, said.clone()), said),
            ("thread_name", Some(said)) => {
                let place = (pid, number(event, "tid")?);
                (self.tracks.insert(place, said.clone()), said)
            }
            ("process_sort_index" | "thread_sort_index", None) => return Ok(()),
            _ => return Err(format!("no metadata of ours: {event}")),
        };
        if known.is_some() || said.is_empty() {
            return Err(format!("a name twice, or an empty one: {event}"));
        }
        Ok(())
    }

    /// The rules that need all events.
    fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for (place, name) in &self.tracks {
            if !names.insert((place.0, name)) {
                return Err(format!("two tracks `{name}` in process {}", place.0));
            }
        }
        if let Some(pid) = self.last.keys().find(|pid| !self.processes.contains_key(pid)) {
            return Err(format!("process {pid} has no name"));
        }
        for (id, ends) in &self.arrows {
            let phases: String = ends.iter().map(|(phase, ..)| phase.as_str()).collect();
            let inner = phases.strip_prefix('s').and_then(|rest| rest.strip_suffix('f'));
            if inner.is_none_or(|inner| !inner.chars().all(|phase| phase == 't')) {
                return Err(format!("arrow {id} goes {phases}"));
            }
            for (_, place, at) in ends {
                let mut slices = self.slices.get(place).into_iter().flatten();
                if !slices.any(|(began, ended)| (began..=ended).contains(&at)) {
                    return Err(format!("arrow {id} is in no slice at {at} of {place:?}"));
                }
            }
        }
        Ok(())
    }

    /// What a counter may be at the end of a step that ended at `at`: the value before, or one that it had at that time.
    fn values(&self, pid: u64, name: &str, at: i64) -> Vec<i64> {
        let values = self.counters.get(&(pid, name.to_owned()));
        let values = values.map_or(&[][..], Vec::as_slice);
        let before = values.iter().rev().find(|(time, _)| *time < at);
        let mut all = vec![before.map_or(0, |(_, value)| *value)];
        all.extend(
            values
                .iter()
                .filter(|(time, _)| *time == at)
                .map(|(_, value)| *value),
        );
        all
    }

    /// Whether the counters of a process are those of the run's snapshots.
    fn agrees(&self, pid: u64, run: &Run) -> Result<(), String> {
        for (number, step) in run.result.steps.iter().enumerate() {
            let at = i64::try_from(step.after.virtual_ns).map_err(|error| error.to_string())?;
            let driver = step.after.counters.iter().map(|(name, value)| {
                let value = value.map_or(0, |value| i64::from(value.cast_signed()));
                (format!("{} driver {name}", run.endpoint), value)
            });
            let ledger = step.after.ledger.iter();
            let ledger =
                ledger.map(|(row, pages)| (format!("ledger {row}"), i64::try_from(*pages).unwrap_or(-1)));
            let is_last = number + 1 == run.result.steps.len();
            for (name, value) in driver.chain(ledger) {
                let mut shown = self.values(pid, &name, at);
                if is_last {
                    shown = shown.split_off(shown.len() - 1);
                }
                if !shown.contains(&value) {
                    let step = step.number;
                    return Err(format!(
                        "step {step}: {name} is {shown:?}, the snapshot says {value}"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Whether the file keeps to the rules, and says what the runs say.
pub fn check(text: &str, runs: &[Run]) -> Result<Reading, String> {
    let trace: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let events = trace["traceEvents"].as_array().ok_or("no events")?;
    let mut reading = Reading::default();
    events.iter().try_for_each(|event| reading.take(event))?;
    reading.check()?;
    if reading.processes.len() != runs.len() {
        return Err(format!("{} processes", reading.processes.len()));
    }
    for (pid, run) in (1..).zip(runs) {
        let name = format!("{}@{}", run.result.scenario, run.result.revision);
        if reading.processes.get(&pid) != Some(&name) {
            return Err(format!("process {pid} is not {name}"));
        }
        let agrees = reading.agrees(pid, run);
        agrees.map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(reading)
}
