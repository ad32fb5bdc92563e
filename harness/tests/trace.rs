//! The file of `--trace` keeps to the rules of its format, over all scenarios, and says what the snapshots say.

mod workbench;

use driver::RevisionName;
use emulator::config::DeviceKind;
use harness::cli::naming::qualified_name;
use harness::play::{RunOptions, run_scenario};
use harness::record::RunResult;
use harness::record::timeline::Keep;
use harness::report::case::Finished;
use harness::report::stream::{Plan, Report};
use harness::report::summary::Summary;
use harness::report::trace::TraceReport;
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use workbench::{BOOT, Workbench};

/// A run, with the name that counters of the function under test begin with.
struct Run {
    endpoint: &'static str,
    result: RunResult,
}

fn run(scenario: &ScenarioFile, revision: RevisionName) -> Run {
    let options = RunOptions {
        keep: Keep::Everything,
        ..RunOptions::default()
    };
    let endpoint = match scenario.device.kind {
        DeviceKind::Pf => "pf",
        DeviceKind::Ecpf => "ecpf",
        DeviceKind::Vf => "vf1",
    };
    let result = run_scenario(scenario, &scenario.name, revision, &options);
    Run { endpoint, result }
}

/// The trace of these runs.
fn trace(runs: &[Run]) -> String {
    let (mut report, mut out) = (TraceReport::default(), Vec::new());
    report
        .begin(&Plan::default(), &mut out)
        .expect("memory can be written");
    for run in runs {
        let case = Finished {
            scenario: None,
            result: &run.result,
        };
        report.finished(case, &mut out).expect("memory can be written");
    }
    report
        .end(&Summary::default(), &mut out)
        .expect("memory can be written");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn scenarios(folder: &str) -> Vec<ScenarioFile> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios")).join(folder);
    let files = scenario_files(&root).expect("the scenarios are there");
    let read = |file: &std::path::PathBuf| {
        read_scenario(file).unwrap_or_else(|error| panic!("{}: {error}", qualified_name(file)))
    };
    files.iter().map(read).collect()
}

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
struct Reading {
    /// Names of processes and of tracks.
    processes: BTreeMap<u64, String>,
    tracks: BTreeMap<Place, String>,
    /// The time of the last event of a process.
    last: BTreeMap<u64, i64>,
    /// The ends of the slices that are open on a track, and all slices of it.
    open: BTreeMap<Place, Vec<i64>>,
    slices: BTreeMap<Place, Vec<(i64, i64)>>,
    /// The ends of arrows: phase, place, time.
    arrows: BTreeMap<u64, Vec<(String, Place, i64)>>,
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
fn check(text: &str, runs: &[Run]) -> Result<Reading, String> {
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

/// The runs of one scenario under every revision that it names.
fn runs(scenario: &ScenarioFile) -> Vec<Run> {
    let revisions = scenario.revisions().into_iter();
    revisions.map(|revision| run(scenario, revision)).collect()
}

/// A scenario in which everything happens that a trace can show.
fn rich() -> ScenarioFile {
    let mut scenarios = scenarios("page-waits").into_iter();
    let rich = scenarios.find(|scenario| scenario.name == "count-order");
    rich.expect("it is there")
}

#[test]
fn the_trace_of_every_scenario_keeps_to_the_rules_and_agrees_with_the_snapshots() {
    let (mut arrows, mut holds, mut locks, mut tasks) = (0, 0, 0, 0);
    for scenario in scenarios("") {
        // One revision of each: they differ in what they do, not in what can be seen of it.
        let revisions = scenario.revisions();
        let merged = revisions
            .iter()
            .find(|revision| **revision == RevisionName::Merged);
        let revision = merged.or(revisions.first()).expect("a file names a revision");
        let runs = [run(&scenario, *revision)];
        let reading =
            check(&trace(&runs), &runs).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
        arrows += reading.arrows.len();
        let tracks = |part: &str| reading.tracks.values().filter(|name| name.contains(part)).count();
        holds += tracks("hold ");
        locks += tracks(" lock ");
        tasks += tracks(" page_worker");
    }
    // There is something to be seen of everything.
    assert!(arrows > 130, "{arrows}");
    assert!(holds > 15 && locks > 130 && tasks > 30, "{holds} {locks} {tasks}");
}

#[test]
fn the_same_runs_have_the_same_trace_byte_for_byte() {
    assert!(trace(&runs(&rich())) == trace(&runs(&rich())));
}

#[test]
fn a_run_that_nobody_traces_keeps_nothing() {
    let scenario = scenarios("lifecycle").remove(0);
    let revision = scenario.revisions()[0];
    let plain = run_scenario(&scenario, "", revision, &RunOptions::default());
    assert!(plain.timeline.is_none());
    // And one that is traced is the same run.
    assert_eq!(run(&scenario, revision).result.trace_hash, plain.trace_hash);
}

/// A trace with everything in it, as events.
fn sample() -> (Vec<Run>, Vec<Value>) {
    let runs = runs(&rich());
    let text = trace(&runs);
    check(&text, &runs).expect("it keeps to the rules");
    let mut trace: Value = serde_json::from_str(&text).expect("it is JSON");
    let Value::Array(events) = trace["traceEvents"].take() else {
        panic!("no events");
    };
    (runs, events)
}

#[track_caller]
fn breaks(change: impl FnOnce(&mut Vec<Value>), words: &str) {
    let (runs, mut events) = sample();
    change(&mut events);
    let text = json!({ "traceEvents": events }).to_string();
    match check(&text, &runs) {
        Ok(_) => panic!("it is not seen: {words}"),
        Err(error) => assert!(error.contains(words), "{error}"),
    }
}

fn find(events: &[Value], is_meant: impl Fn(&Value) -> bool) -> usize {
    events.iter().position(is_meant).expect("there is one")
}

fn phase(events: &[Value], phase: &str) -> usize {
    find(events, |event| event["ph"] == phase)
}

#[test]
fn what_breaks_a_rule_is_seen() {
    let text = trace(&[]);
    assert!(check(&text[..text.len() - 3], &[]).is_err(), "no JSON");
    let one_end = "goes s";
    breaks(|events| drop(events.remove(phase(events, "f"))), one_end);
    breaks(|events| drop(events.remove(phase(events, "s"))), "arrow");
    let name = |events: &[Value], name: &str| find(events, |event| event["name"] == name);
    breaks(
        |events| drop(events.remove(name(events, "thread_name"))),
        "on a track without name",
    );
    breaks(
        |events| drop(events.remove(name(events, "process_name"))),
        "has no name",
    );
    breaks(
        |events| {
            let last = events.len() - 1;
            events[last]["ts"] = json!(0.5);
        },
        "goes back in time",
    );
    breaks(
        |events| {
            // A wait that outlasts its task.
            let wait = find(events, |event| {
                let name = event["name"].as_str().unwrap_or_default();
                name.starts_with("waits: CommandSlot") && event["dur"].as_f64() > Some(1.0)
            });
            events[wait]["dur"] = json!(9e12);
        },
        "does not nest",
    );
    breaks(
        |events| {
            let from = phase(events, "s");
            // The steps' track, long after the last of them.
            let mut event = events.remove(from);
            let pid = event["pid"].clone();
            let last = events.iter().rposition(|other| other["pid"] == pid);
            let goal = find(events, |other| other["ph"] == "f" && other["id"] == event["id"]);
            events[goal]["ph"] = json!("s");
            let moved = json!({ "ph": "f", "bp": "e", "tid": 1, "ts": 9e12 });
            for (member, value) in moved.as_object().expect("it is one") {
                event[member] = value.clone();
            }
            events.insert(last.expect("there is one") + 1, event);
            let id = events[goal]["id"].clone();
            events.retain(|other| other["id"] != id || other["ph"] != "t");
        },
        "in no slice",
    );
    breaks(
        |events| {
            let counter = find(events, |event| {
                event["ph"] == "C" && event["args"]["pages"] == 240
            });
            let name = events[counter]["name"].clone();
            let of_it = |event: &Value| event["ph"] == "C" && event["pid"] == 1 && event["name"] == name;
            let last = events.iter().rposition(of_it).expect("there is one");
            events[last]["args"]["pages"] = json!(7);
        },
        "the snapshot says",
    );
}

#[test]
fn the_trace_of_the_command_line_is_the_same_whatever_the_number_of_workers_and_in_a_replay() {
    let bench = Workbench::new("trace-workers");
    for number in 0..6 {
        let text = BOOT.replacen("\"name\": \"boot\"", &format!("\"name\": \"boot-{number}\""), 1);
        bench.write(&format!("scenarios/boot-{number}.json"), &text);
    }
    let read = |name: &str| std::fs::read_to_string(bench.path(name)).expect("the trace is there");
    for workers in ["1", "2", "7"] {
        let file = format!("t{workers}.json");
        let ran = bench.tool(&["run", "-j", workers, "--trace", &file, "--record", "kept"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(read(&file) == read("t1.json"), "{workers} workers");
    }
    let one = ["run", "boot-3", "--revision", "merged", "--trace", "one.json"];
    assert_eq!(bench.tool(&one).code, 0);
    let ran = bench.tool(&["replay", "kept/boot-3@merged.run.json", "--trace", "again.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(read("one.json"), read("again.json"));
}
