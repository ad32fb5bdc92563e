//! Two snapshots, or two outputs, number by number with the delta.

use crate::report::books::{readable, signed};
use crate::report::columns::Columns;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// One run as it is compared: its name, and its numbers by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    scenario: String,
    revision: String,
    values: BTreeMap<String, Value>,
}

/// Neither a snapshot nor an output of runs.
#[derive(Debug, thiserror::Error)]
pub enum NoRecord {
    /// It is no JSON.
    #[error("line {line}: {cause}")]
    NoJson {
        /// The line.
        line: usize,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// It is something else.
    #[error("line {0}: neither a snapshot nor a result of `run --format json`")]
    Foreign(usize),
    /// There is nothing.
    #[error("the file is empty")]
    Empty,
}

/// What is not compared: names, and what says only how a run came about.
const NOT_COMPARED: [&str; 6] = ["scenario", "revision", "backend", "replay", "trace_hash", "steps"];

/// Reads a snapshot (also one of the test suite's, with its head) or an output with one result per line.
///
/// # Errors
/// [`NoRecord`].
pub fn records(text: &str) -> Result<Vec<Record>, NoRecord> {
    let text = without_head(text);
    if text.trim().is_empty() {
        return Err(NoRecord::Empty);
    }
    if let Ok(snapshot) = serde_json::from_str::<Value>(text) {
        return record(&snapshot, 1).map(|record| vec![record]);
    }
    let lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let read = lines.map(|(number, line)| {
        let value = serde_json::from_str(line).map_err(|cause| NoRecord::NoJson { line: number, cause })?;
        record(&value, number)
    });
    read.collect()
}

/// The part of a test suite's snapshot after its head between two lines `---`.
pub(crate) fn without_head(text: &str) -> &str {
    let rest = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"));
    rest.map_or(text, |(_, rest)| rest)
}

fn record(value: &Value, line: usize) -> Result<Record, NoRecord> {
    let name = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
    let is_run = value.get("counters").is_some() || value.get("end").is_some();
    let (Some(scenario), Some(revision), true) = (name("scenario"), name("revision"), is_run) else {
        return Err(NoRecord::Foreign(line));
    };
    let mut values = BTreeMap::new();
    for (field, inner) in value.as_object().into_iter().flatten() {
        if !NOT_COMPARED.contains(&field.as_str()) {
            leaves(field, inner, &mut values);
        }
    }
    // A snapshot's steps are a list of what each changed, an output's only their number.
    let steps = value
        .get("steps")
        .map(|steps| (steps.as_array().cloned().unwrap_or_default(), steps.as_u64()));
    if let Some((list, number)) = steps {
        let number = number.unwrap_or(list.len() as u64);
        values.insert("steps".to_owned(), number.into());
        for (index, step) in list.iter().enumerate() {
            leaves(&format!("step {}", index + 1), step, &mut values);
        }
    }
    Ok(Record {
        scenario,
        revision,
        values,
    })
}

/// Numbers and texts by their places. A snapshot's `end` stands for the whole run, so it is not part of a place.
fn leaves(place: &str, value: &Value, values: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let place = if place == "end" {
                    name.clone()
                } else {
                    format!("{place}.{name}")
                };
                leaves(&place, inner, values);
            }
        }
        Value::Array(elements) => {
            for (index, inner) in elements.iter().enumerate() {
                leaves(&format!("{place}[{index}]"), inner, values);
            }
        }
        leaf => {
            values.insert(place.to_owned(), leaf.clone());
        }
    }
}

/// The differences between two sets of runs as text; empty where there are none.
#[must_use]
pub fn of_records(left: &[Record], right: &[Record]) -> String {
    // Two single runs are compared whatever they are called: a case under two revisions, for instance.
    if let ([left], [right]) = (left, right) {
        return of_pair(left, right);
    }
    let mut text = String::new();
    for record in left {
        match right.iter().find(|other| other.name() == record.name()) {
            Some(other) => text.push_str(&of_pair(record, other)),
            None => {
                let _ = writeln!(text, "{}: only in the first\n", record.name());
            }
        }
    }
    for other in right
        .iter()
        .filter(|other| !left.iter().any(|record| record.name() == other.name()))
    {
        let _ = writeln!(text, "{}: only in the second\n", other.name());
    }
    text
}

/// The differences between two snapshots given as text, without a heading.
#[must_use]
pub fn of_texts(old: &str, new: &str) -> String {
    match (records(old), records(new)) {
        (Ok(old), Ok(new)) => of_records(&old, &new),
        (Err(error), _) | (_, Err(error)) => format!("{error}\n"),
    }
}

impl Record {
    fn name(&self) -> String {
        format!("{}::{}", self.scenario, self.revision)
    }
}

fn of_pair(left: &Record, right: &Record) -> String {
    let places: std::collections::BTreeSet<&String> = left.values.keys().chain(right.values.keys()).collect();
    let (names, places): (Vec<&String>, Vec<&String>) =
        places.into_iter().partition(|place| !place.starts_with("step "));
    let mut table = Columns::new(["", "first", "second", "delta"]);
    for place in names.into_iter().chain(places) {
        let (old, new) = (left.values.get(place), right.values.get(place));
        if old != new {
            let counter = place.contains("counters.");
            table.row([
                format!("  {place}"),
                shown(old, counter),
                shown(new, counter),
                delta(old, new, counter),
            ]);
        }
    }
    if table.is_empty() {
        return String::new();
    }
    let heading = if left.name() == right.name() {
        left.name()
    } else {
        format!("{} and {}", left.name(), right.name())
    };
    format!("{heading}\n{table}\n")
}

fn shown(value: Option<&Value>, counter: bool) -> String {
    match value {
        None => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => match number(value, counter) {
            Some(number) if counter => readable(number),
            _ => value.to_string(),
        },
    }
}

fn delta(old: Option<&Value>, new: Option<&Value>, counter: bool) -> String {
    let number = |value: Option<&Value>| value.map_or(Some(0), |value| number(value, counter));
    match (number(old), number(new)) {
        (Some(old), Some(new)) => format!("{:+}", i128::from(new) - i128::from(old)),
        _ => String::new(),
    }
}

/// A number; a counter is read as signed, so that a delta across zero is what it was.
fn number(value: &Value, counter: bool) -> Option<i64> {
    let number = value.as_i64()?;
    if counter {
        u32::try_from(number).ok().map(signed).or(Some(number))
    } else {
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(revision: &str, vfs: u32) -> String {
        format!(
            r#"{{"scenario":"a","revision":"{revision}","steps":2,"counters":{{"fw_pages_vfs":{vfs},"self":240}},"ledger":{{"vf1":0}}}}"#
        )
    }

    fn difference(left: &str, right: &str) -> String {
        of_records(&records(left).unwrap(), &records(right).unwrap())
    }

    #[test]
    fn a_counter_below_zero_has_the_delta_it_had() {
        let text = difference(&run("merged", 0), &run("reviewed", 4_294_966_784));
        assert!(text.starts_with("a::merged and a::reviewed\n"), "{text}");
        assert!(text.contains("counters.fw_pages_vfs"), "{text}");
        assert!(text.contains("4294966784 (-512 as u32)  -512"), "{text}");
        assert!(!text.contains("self"), "{text}");
    }

    #[test]
    fn outputs_are_matched_by_name() {
        let left = format!("{}\n{}\n", run("merged", 0), run("reviewed", 1));
        let right = format!("{}\n{}\n", run("reviewed", 1), run("robust", 0));
        let text = difference(&left, &right);
        assert!(text.contains("a::merged: only in the first"), "{text}");
        assert!(text.contains("a::robust: only in the second"), "{text}");
        assert_eq!(difference(&left, &left), "");
    }

    #[test]
    fn other_files_are_refused() {
        for text in ["", "{}", "[1]", "{\"scenario\": 1}", "nonsense"] {
            assert!(records(text).is_err(), "{text}");
        }
    }
}
