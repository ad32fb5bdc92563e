//! Expectations against what happened. Only what is named is compared, but the lists of warnings and violations have to be
//! complete.

use super::shown::{shown, signed};
use crate::record::aspect::{Aspect, Scalar};
use crate::record::result::{Mismatch, RunResult, Snapshot, StepRecord, Violation};
use crate::scenario::{Books, End, ExpectedViolation, ExpectedWarning, ScenarioFile, counter_value};
use crate::stage::abilities::Insight;
use serde_json::Value;
use std::fmt::Display;

/// What a step's books are compared with, beyond the snapshot.
pub(crate) struct StepOutcome {
    /// Result of the host operation.
    pub(crate) returns: Option<i32>,
    /// Its time in ns.
    pub(crate) took_ns: Option<u64>,
    /// Whether an operation still runs.
    pub(crate) pending: bool,
}

impl StepOutcome {
    /// That of a step as it is kept.
    pub(crate) const fn of(record: &StepRecord) -> Self {
        Self {
            returns: record.returns,
            took_ns: record.took_ns,
            pending: record.pending,
        }
    }
}

/// Compares the books after a step, or (without a step) after the last one. What the stage gives no insight into is left
/// out.
pub(crate) fn compare_books(
    step: Option<u32>,
    expected: &Books,
    actual: &Snapshot,
    outcome: &StepOutcome,
    insight: Insight,
    mismatches: &mut Vec<Mismatch>,
) {
    let mut differ = |what: Aspect, expected: String, actual: String| {
        mismatches.push(Mismatch {
            step,
            what,
            expected,
            actual,
        });
    };
    for (name, &wanted) in &expected.counters {
        let value = actual.counters.get(name).copied().flatten();
        if insight == Insight::Counters && value.is_none() {
            continue;
        }
        if value != counter_value(wanted) {
            differ(
                Aspect::Counter(name.clone()),
                wanted.to_string(),
                shown(value.map(signed)),
            );
        }
    }
    for (owner, &wanted) in &expected.ledger {
        let value = actual.ledger.get(owner).copied().unwrap_or(0);
        if value != wanted {
            differ(
                Aspect::Ledger(owner.clone()),
                wanted.to_string(),
                value.to_string(),
            );
        }
    }
    for (&key, &wanted) in expected.roots.iter().filter(|_| insight == Insight::Whole) {
        let value = actual.roots.get(&key).copied().unwrap_or(0);
        if value != wanted {
            differ(Aspect::Root(key), wanted.to_string(), value.to_string());
        }
    }
    let mut scalar = |what: Scalar, wanted: Option<String>, value: String| {
        if let Some(wanted) = wanted
            && wanted != value
        {
            differ(Aspect::Scalar(what), wanted, value);
        }
    };
    scalar(
        Scalar::Returns,
        expected.returns.map(text),
        shown(outcome.returns),
    );
    scalar(
        Scalar::TookS,
        expected.took_s.filter(|_| insight == Insight::Whole).map(text),
        shown(outcome.took_ns.map(seconds)),
    );
    let range = expected.took_ms.filter(|_| insight == Insight::Whole);
    let took = outcome.took_ns.map(milliseconds);
    let [least, most] = range.map_or([None; 2], |range| [range.at_least, range.at_most]);
    scalar(
        Scalar::TookMsAtLeast,
        least
            .filter(|least| took.is_none_or(|took| took < *least))
            .map(text),
        shown(took),
    );
    scalar(
        Scalar::TookMsAtMost,
        most.filter(|most| took.is_none_or(|took| took > *most)).map(text),
        shown(took),
    );
    scalar(
        Scalar::EnabledVports,
        expected
            .enabled_vports
            .filter(|_| insight == Insight::Whole)
            .map(text),
        shown(actual.enabled_vports),
    );
    scalar(
        Scalar::Pending,
        expected.pending.map(text),
        outcome.pending.to_string(),
    );
}

/// Compares what is known only at the end: warnings, violations, leaks, time.
pub(crate) fn compare_end(scenario: &ScenarioFile, end: &End, warnings: &[Value], result: &mut RunResult) {
    compare_warnings(&end.warnings, warnings, &mut result.mismatches);
    compare_violations(
        scenario,
        &end.violations,
        &mut result.violations,
        &mut result.mismatches,
    );
    for step in &mut result.steps {
        for violation in &mut step.violations {
            violation.expected = result
                .violations
                .iter()
                .any(|known| known.expected && is_same(known, violation));
        }
    }
    let numbers = [
        (Scalar::LeakedPages, end.leaked_pages, result.leaked_pages),
        (
            Scalar::LeakedMappings,
            end.leaked_mappings,
            result.leaked_mappings,
        ),
        (Scalar::VirtualS, end.virtual_s, seconds(result.virtual_ns)),
    ];
    for (what, expected, actual) in numbers {
        if let Some(expected) = expected.filter(|&expected| expected != actual) {
            result.mismatches.push(Mismatch {
                step: None,
                what: Aspect::Scalar(what),
                expected: expected.to_string(),
                actual: actual.to_string(),
            });
        }
    }
}

fn compare_warnings(expected: &[ExpectedWarning], actual: &[Value], mismatches: &mut Vec<Mismatch>) {
    for place in 0..expected.len().max(actual.len()) {
        let (wanted, found) = (expected.get(place), actual.get(place));
        let fits = wanted
            .zip(found)
            .is_some_and(|(wanted, found)| wanted.matches(found));
        if !fits {
            mismatches.push(Mismatch {
                step: None,
                what: Aspect::Warning(place),
                expected: shown(wanted.map(|wanted| &wanted.0)),
                actual: shown(found),
            });
            // What follows is shifted: one difference tells more than all of them.
            return;
        }
    }
}

fn compare_violations(
    scenario: &ScenarioFile,
    expected: &[ExpectedViolation],
    actual: &mut [Violation],
    mismatches: &mut Vec<Mismatch>,
) {
    for (place, wanted) in expected.iter().enumerate() {
        let found = actual
            .iter_mut()
            .find(|violation| !violation.expected && matches(scenario, wanted, violation));
        match found {
            Some(violation) => violation.expected = true,
            None => mismatches.push(Mismatch {
                step: None,
                what: Aspect::MissingViolation(place),
                expected: describe(wanted),
                actual: "did not happen".to_owned(),
            }),
        }
    }
    for violation in actual.iter().filter(|violation| !violation.expected) {
        mismatches.push(Mismatch {
            step: Some(violation.step),
            what: Aspect::Violation(violation.invariant),
            expected: "none".to_owned(),
            actual: violation.detail.clone(),
        });
    }
}

fn matches(scenario: &ScenarioFile, wanted: &ExpectedViolation, violation: &Violation) -> bool {
    let same_step = wanted.step.as_ref().is_none_or(|step| {
        let number = scenario
            .step_index(&step.0)
            .and_then(|index| u32::try_from(index + 1).ok());
        number == Some(violation.step)
    });
    wanted.invariant == violation.invariant
        && same_step
        && wanted
            .subject()
            .is_none_or(|subject| violation.subject.as_deref() == Some(subject))
        && wanted
            .driver
            .is_none_or(|driver| violation.driver == Some(driver))
        && wanted
            .firmware
            .is_none_or(|firmware| violation.firmware == Some(firmware))
}

fn is_same(one: &Violation, other: &Violation) -> bool {
    one.invariant == other.invariant && one.step == other.step && one.subject == other.subject
}

fn describe(wanted: &ExpectedViolation) -> String {
    let mut parts = vec![wanted.invariant.to_string()];
    parts.extend(wanted.step.as_ref().map(|step| format!("step {step}")));
    parts.extend(wanted.subject().map(str::to_owned));
    parts.extend(wanted.driver.map(|driver| format!("driver {driver}")));
    parts.extend(wanted.firmware.map(|firmware| format!("firmware {firmware}")));
    parts.join(", ")
}

const fn milliseconds(ns: u64) -> u64 {
    ns / 1_000_000
}

const fn seconds(ns: u64) -> u64 {
    ns / 1_000_000_000
}

fn text(value: impl Display) -> String {
    value.to_string()
}
