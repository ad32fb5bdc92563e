//! What was printed in both runs: the messages of our driver, the log of Linux.

use super::shown;
use crate::linux::guest::is_fatal;
use crate::linux::kernel_log::{KernelLog, is_printed};
use crate::run::{Mismatch, RunResult};
use guest_protocol::{Complaint, ComplaintKind};
use serde_json::Value;

/// Compares what was printed: the same messages in the same order, with the same numbers where the kernel prints them.
pub(in crate::linux) fn warnings(reference: &RunResult, log: &KernelLog, result: &mut RunResult) {
    compare_messages(reference, log, false, result);
}

/// The same of a kernel that has died: what it has printed until then.
pub(in crate::linux) fn warnings_so_far(reference: &RunResult, log: &KernelLog, result: &mut RunResult) {
    compare_messages(reference, log, true, result);
}

/// What the kernel complains about beyond a `WARN`, which is a message, and a crash, which is judged by itself: a lock cycle, a
/// hung task, a sanitizer's report where no write out of bounds is foretold.
pub(in crate::linux) fn complaints(foretold: bool, complaints: &[Complaint], result: &mut RunResult) {
    let others = complaints
        .iter()
        .filter(|complaint| complaint.kind != ComplaintKind::Warning && !is_fatal(complaint))
        .filter(|complaint| !(foretold && complaint.kind == ComplaintKind::Sanitizer));
    for complaint in others {
        result.mismatches.push(Mismatch {
            step: None,
            what: "the kernel's health".to_owned(),
            expected: "no complaint".to_owned(),
            actual: complaint.line.clone(),
        });
    }
}

fn compare_messages(reference: &RunResult, log: &KernelLog, has_died: bool, result: &mut RunResult) {
    let ours: Vec<Value> = reference
        .warnings
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .filter(is_printed)
        .collect();
    let ours = without_repetitions(ours);
    let linux = &log.messages;
    if let Some(line) = log.unknown.first() {
        result.mismatches.push(Mismatch {
            step: None,
            what: "the kernel's log".to_owned(),
            expected: "a message that is known".to_owned(),
            actual: format!("`{line}`"),
        });
    }
    let expected = if has_died { 0 } else { ours.len() };
    for place in 0..expected.max(linux.len()) {
        let (wanted, found) = (ours.get(place), linux.get(place));
        let fits = wanted
            .zip(found)
            .is_some_and(|(wanted, found)| says(found, wanted));
        if !fits {
            result.mismatches.push(Mismatch {
                step: None,
                what: format!("warnings[{place}]"),
                expected: format!("{} as in our driver's run", shown(wanted)),
                actual: shown(found),
            });
            return;
        }
    }
}

/// Messages about pages that were not found, one for each row of them: the kernel does not say whose they are, so
/// that of several owners' rows only one is seen.
fn without_repetitions(mut messages: Vec<Value>) -> Vec<Value> {
    let is_not_found = |message: &Value| message.get("page_not_found").is_some();
    messages.dedup_by(|later, earlier| is_not_found(later) && is_not_found(earlier));
    messages
}

/// Whether a message of the kernel's is this message of ours: of the same kind, and all it tells is the same.
fn says(linux: &Value, ours: &Value) -> bool {
    match (linux, ours) {
        (Value::Object(linux), Value::Object(ours)) => linux
            .iter()
            .all(|(name, value)| ours.get(name).is_some_and(|our_value| is_part(value, our_value))),
        (Value::String(kind), Value::Object(ours)) => ours.contains_key(kind),
        (linux, ours) => linux == ours,
    }
}

fn is_part(linux: &Value, ours: &Value) -> bool {
    match (linux, ours) {
        (Value::Object(linux), Value::Object(ours)) => {
            linux.iter().all(|(name, value)| ours.get(name) == Some(value))
        }
        (linux, ours) => linux == ours,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::result;
    use super::*;
    use serde_json::json;

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
            let mut log = KernelLog::default();
            log.messages = messages;
            warnings(&reference, &log, &mut linux);
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
        let mut log = KernelLog::default();
        log.unknown.push("something new".to_owned());
        warnings(&result(), &log, &mut linux);
        assert_eq!(linux.mismatches.len(), 1);
    }
}
