//! What was printed in both runs: the messages of our driver, the log of Linux.

use crate::judge::shown::shown;
use crate::record::aspect::Aspect;
use crate::record::result::{Mismatch, Note, RunResult};
use crate::stage::heard::{Heard, is_fatal, is_printed, kind};
use guest_protocol::{Complaint, ComplaintKind};
use serde_json::Value;
use std::collections::BTreeSet;

/// Of lines that nobody knows, so many are told.
const MOST_LINES: usize = 5;

/// What a kernel is expected to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The messages of our driver's run.
    AsOurs,
    /// These, as the file names them.
    Listed(Vec<Value>),
}

/// Compares what was printed: the same messages in the same order, with the same numbers where the kernel prints them. One of
/// the lists in `allowed` has to fit.
pub(super) fn warnings(
    reference: &RunResult,
    log: &Heard,
    allowed: &[Expected],
    caused: bool,
    result: &mut RunResult,
) {
    read_lines(log, caused || has_messages(reference, log), result);
    let ours = printed_by_ours(reference);
    let mut first = None;
    for expected in allowed {
        let (wanted, whose) = match expected {
            Expected::AsOurs => (&ours, "as in our driver's run"),
            Expected::Listed(listed) => (&printed(listed), "as the file allows on Linux"),
        };
        match first_difference(wanted, &log.messages, wanted.len(), whose) {
            None => return,
            Some(difference) => first = first.or(Some(difference)),
        }
    }
    result.mismatches.extend(first);
}

/// The same of a kernel that has died: what it has printed until then.
pub(super) fn warnings_so_far(reference: &RunResult, log: &Heard, result: &mut RunResult) {
    read_lines(log, true, result);
    let ours = printed_by_ours(reference);
    result.mismatches.extend(first_difference(
        &ours,
        &log.messages,
        0,
        "as in our driver's run",
    ));
}

/// Whether our driver's messages are those that a file lists, as far as a kernel prints them.
pub(super) fn are_printed(listed: &[Value], ours: &[Value]) -> bool {
    let (listed, ours) = (printed(listed), printed(ours));
    first_difference(&listed, &ours, listed.len(), "").is_none()
}

/// What the kernel complains about beyond a `WARN`, which is a message, and a crash, which is judged by itself: a lock cycle, a
/// hung task, a sanitizer's report where no write out of bounds is foretold.
pub(super) fn complaints(foretold: bool, complaints: &[Complaint], result: &mut RunResult) {
    let others = complaints
        .iter()
        .filter(|complaint| complaint.kind != ComplaintKind::Warning && !is_fatal(complaint))
        .filter(|complaint| !(foretold && complaint.kind == ComplaintKind::Sanitizer));
    for complaint in others {
        result.mismatches.push(Mismatch {
            step: None,
            what: Aspect::KernelHealth,
            expected: "no complaint".to_owned(),
            actual: complaint.line.clone(),
        });
    }
}

/// Whether either side says that something went wrong.
fn has_messages(reference: &RunResult, log: &Heard) -> bool {
    !reference.warnings.is_empty() || !log.messages.is_empty()
}

/// What the kernel said beside messages: notes are told, what nobody knows is a difference, and so is an effect without a cause.
fn read_lines(log: &Heard, caused: bool, result: &mut RunResult) {
    let notes = log.notes.iter().map(|line| Note {
        step: None,
        text: format!("the kernel says `{line}`"),
    });
    result.notes.extend(notes);
    let mut differ = |line: &str, expected: &str| {
        result.mismatches.push(Mismatch {
            step: None,
            what: Aspect::KernelLog,
            expected: expected.to_owned(),
            actual: format!("`{line}`"),
        });
    };
    let known: BTreeSet<&String> = log.unknown.iter().collect();
    for line in known.into_iter().take(MOST_LINES) {
        differ(line, "a message that is known");
    }
    if let Some(line) = log.effects.first().filter(|_| !caused) {
        differ(line, "said only after something went wrong");
    }
}

fn printed_by_ours(reference: &RunResult) -> Vec<Value> {
    let ours: Vec<Value> = reference
        .warnings
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect();
    printed(&ours)
}

/// Those of our messages that a kernel prints.
fn printed(messages: &[Value]) -> Vec<Value> {
    without_repetitions(
        messages
            .iter()
            .filter(|message| is_printed(message))
            .cloned()
            .collect(),
    )
}

/// The first place where `found` is not what is wanted; at least `least` messages have to be there.
fn first_difference(wanted: &[Value], found: &[Value], least: usize, whose: &str) -> Option<Mismatch> {
    (0..least.max(found.len())).find_map(|place| {
        let (wanted, found) = (wanted.get(place), found.get(place));
        let fits = wanted
            .zip(found)
            .is_some_and(|(wanted, found)| says(found, wanted));
        (!fits).then(|| Mismatch {
            step: None,
            what: Aspect::Warning(place),
            expected: format!("{} {whose}", shown(wanted)),
            actual: shown(found),
        })
    })
}

/// Messages about pages that were not found, one for each row of them: the kernel does not say whose they are, so
/// that of several owners' rows only one is seen.
fn without_repetitions(mut messages: Vec<Value>) -> Vec<Value> {
    let is_not_found = |message: &Value| message.get("page_not_found").is_some();
    messages.dedup_by(|later, earlier| is_not_found(later) && is_not_found(earlier));
    messages
}

/// Whether two messages are of the same kind, and say the same as far as both tell: a kernel keeps some of the data to
/// itself, and so may a file.
fn says(found: &Value, wanted: &Value) -> bool {
    let (found_data, wanted_data) = (data(found), data(wanted));
    kind(found).is_some()
        && kind(found) == kind(wanted)
        && found_data.into_iter().flatten().all(|(name, value)| {
            let other = wanted_data.and_then(|data| data.get(name));
            other.is_none_or(|other| other == value)
        })
}

fn data(message: &Value) -> Option<&serde_json::Map<String, Value>> {
    message.as_object()?.values().next()?.as_object()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn result() -> RunResult {
        RunResult::unrun("a", "a.json", "linux")
    }

    #[test]
    fn warnings_have_to_come_in_the_same_order_with_the_same_numbers() {
        let mut reference = result();
        reference.warnings = vec![
            json!({ "page_wait_aborted": { "pending": 300 } }).to_string(),
            json!({ "page_wait_timed_out": { "what": "VFs" } }).to_string(),
        ];
        let aborted = |pending: i32| json!({ "page_wait_aborted": { "pending": pending } });
        let timed_out = json!({ "page_wait_timed_out": {} });
        let fails = |messages: Vec<Value>| {
            let mut linux = result();
            let log = Heard {
                messages,
                ..Heard::default()
            };
            warnings(&reference, &log, &[Expected::AsOurs], false, &mut linux);
            !linux.mismatches.is_empty()
        };
        assert!(!fails(vec![aborted(300), timed_out.clone()]));
        assert!(fails(vec![aborted(299), timed_out.clone()]));
        assert!(fails(vec![timed_out.clone(), aborted(300)]));
        assert!(fails(vec![aborted(300)]));
        assert!(fails(vec![aborted(300), timed_out.clone(), timed_out]));
    }

    #[test]
    fn an_unknown_line_of_the_log_is_a_difference() {
        let mut linux = result();
        let mut log = Heard::default();
        log.unknown.push("something new".to_owned());
        warnings(&result(), &log, &[Expected::AsOurs], false, &mut linux);
        assert_eq!(linux.mismatches.len(), 1);
    }

    #[test]
    fn an_effect_needs_a_cause_and_a_note_needs_none() {
        let mut log = Heard::default();
        log.effects
            .push("E-Switch: Failed to create something".to_owned());
        log.notes.push("something new".to_owned());
        let judged = |reference: &RunResult, caused: bool| {
            let mut linux = result();
            warnings(reference, &log, &[Expected::AsOurs], caused, &mut linux);
            assert_eq!(linux.notes.len(), 1);
            linux.mismatches.len()
        };
        assert_eq!((judged(&result(), false), judged(&result(), true)), (1, 0));
        let mut reference = result();
        reference.warnings = vec![json!({ "vport_enable_failed": { "vport": 1 } }).to_string()];
        assert_eq!(judged(&reference, false), 0);
    }
}
