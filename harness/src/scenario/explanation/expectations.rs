//! Expectations in words.

use super::wording::{count, enumeration};
use crate::scenario::expectation::{Books, End, ExpectedViolation, ExpectedWarning};
use crate::scenario::model::ScenarioFile;
use crate::scenario::outcome::LinuxOutcome;
use crate::scenario::vocabulary::counter_value;
use prm::saturated;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn books(books: &Books) -> String {
    let mut parts = Vec::new();
    if let Some(returns) = books.returns {
        parts.push(if returns == 0 {
            "it succeeds".to_owned()
        } else {
            format!("it returns {returns}")
        });
    }
    if let Some(seconds) = books.took_s {
        parts.push(format!("it takes {seconds} s"));
    }
    parts.extend(books.took_ms.map(|range| format!("it takes {}", range.words())));
    parts.extend(numbers(&books.counters, &books.ledger, &books.roots));
    if let Some(vports) = books.enabled_vports {
        parts.push(format!("the eswitch counts {vports} enabled vports"));
    }
    parts.extend(books.pending.map(pending));
    parts.join("; ")
}

fn pending(pending: bool) -> String {
    if pending {
        "an operation still runs in the background"
    } else {
        "nothing runs in the background"
    }
    .to_owned()
}

fn numbers(
    counters: &BTreeMap<String, i64>,
    ledger: &BTreeMap<String, u64>,
    roots: &BTreeMap<u32, u64>,
) -> Vec<String> {
    let mut parts = Vec::new();
    if !counters.is_empty() {
        let counters: Vec<String> = counters
            .iter()
            .map(|(name, value)| counter(name, *value))
            .collect();
        parts.push(format!("the driver counts {}", enumeration(&counters)));
    }
    if !ledger.is_empty() {
        let ledger: Vec<String> = ledger
            .iter()
            .map(|(name, pages)| format!("{name} {pages}"))
            .collect();
        parts.push(format!("firmware books {}", enumeration(&ledger)));
    }
    if !roots.is_empty() {
        let roots: Vec<String> = roots
            .iter()
            .map(|(key, pages)| format!("{pages} under key {key:#x}"))
            .collect();
        parts.push(format!("the driver tracks {}", enumeration(&roots)));
    }
    parts
}

fn counter(name: &str, value: i64) -> String {
    match counter_value(value) {
        Some(shown) if value < 0 => format!("{name} {shown} ({value} as u32)"),
        _ => format!("{name} {value}"),
    }
}

/// The verdict over a revision in one clause.
pub(super) fn judged(end: &End) -> String {
    match (end.violations.is_empty(), end.warnings.is_empty()) {
        (true, true) => "no invariant breaks, no warning is printed".to_owned(),
        (true, false) => "no invariant breaks".to_owned(),
        (false, true) => "invariants break, no warning is printed".to_owned(),
        (false, false) => "invariants break".to_owned(),
    }
}

pub(super) fn end(end: &End, scenario: &ScenarioFile) -> Vec<String> {
    let mut lines = numbers(&end.counters, &end.ledger, &end.roots);
    if let Some(vports) = end.enabled_vports {
        lines.push(format!("the eswitch counts {vports} enabled vports"));
    }
    lines.extend(end.pending.map(pending));
    if !end.warnings.is_empty() {
        lines.push(format!(
            "the driver warns, in this order: {}",
            enumeration(&grouped(&end.warnings))
        ));
    }
    lines.extend(violations(end, scenario));
    match (end.leaked_pages, end.leaked_mappings) {
        (None, None) => {}
        (Some(0), Some(0) | None) | (None, Some(0)) => lines.push("nothing is left after unload".to_owned()),
        (pages, mappings) => {
            let pages = pages.map(|pages| counted(pages, "host page"));
            let mappings = mappings.map(|mappings| counted(mappings, "DMA mapping"));
            let left: Vec<String> = pages.into_iter().chain(mappings).collect();
            lines.push(format!("{} are left after unload", enumeration(&left)));
        }
    }
    if let Some(seconds) = end.virtual_s {
        lines.push(format!("the whole run takes {seconds} s of virtual time"));
    }
    lines
}

/// One way in which the scenario may end on Linux.
pub(super) fn outcome(outcome: &LinuxOutcome, scenario: &ScenarioFile) -> String {
    let mut parts: Vec<String> = outcome
        .steps
        .iter()
        .map(|(step, seen)| {
            let number = scenario
                .step_index(step)
                .map_or_else(|| step.clone(), |index| (index + 1).to_string());
            format!("after step {number}: {}", books(seen))
        })
        .collect();
    if let Some(warnings) = &outcome.warnings {
        parts.push(format!("the driver warns: {}", enumeration(&grouped(warnings))));
    }
    format!("{}: {}", outcome.why.trim_end_matches('.'), parts.join("; "))
}

fn counted(number: u64, thing: &str) -> String {
    count(saturated::<i64>(number), thing)
}

/// The warnings in order, repetitions in a row taken together.
fn grouped(warnings: &[ExpectedWarning]) -> Vec<String> {
    let same = warnings.chunk_by(|left, right| left == right);
    same.map(|group| match group {
        [only] => warning(only),
        many => format!("{} x {}", many.len(), warning(&many[0])),
    })
    .collect()
}

/// The violations in the order of the steps; what an invariant means is said once.
fn violations(end: &End, scenario: &ScenarioFile) -> Vec<String> {
    let step =
        |broken: &ExpectedViolation| broken.step.as_ref().and_then(|step| scenario.step_index(&step.0));
    let mut violations: Vec<&ExpectedViolation> = end.violations.iter().collect();
    violations.sort_by_key(|broken| (step(broken).is_none(), step(broken)));
    let mut said = Vec::new();
    violations
        .into_iter()
        .map(|broken| {
            let first = !said.contains(&broken.invariant);
            said.push(broken.invariant);
            let meaning = if first {
                format!(": {}", broken.invariant.broken())
            } else {
                String::new()
            };
            violation(broken, scenario) + &meaning
        })
        .collect()
}

fn warning(warning: &ExpectedWarning) -> String {
    match &warning.0 {
        Value::Object(object) => {
            let data = object
                .values()
                .next()
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            let data: Vec<String> = data
                .map(|(name, value)| {
                    format!(
                        "{name} {}",
                        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                    )
                })
                .collect();
            format!("{} ({})", warning.kind(), data.join(", "))
        }
        _ => warning.kind().to_owned(),
    }
}

fn violation(broken: &ExpectedViolation, scenario: &ScenarioFile) -> String {
    let at = broken
        .step
        .as_ref()
        .map(|step| match scenario.step_index(&step.0) {
            Some(index) => format!("at step {}, ", index + 1),
            None => format!("at step {step}, "),
        });
    let subject = broken.subject().map(|subject| format!(" for {subject}"));
    let numbers = match (broken.driver, broken.firmware) {
        (Some(driver), Some(firmware)) => format!(" (driver {driver}, firmware {firmware})"),
        (Some(driver), None) => format!(" (driver {driver})"),
        (None, Some(firmware)) => format!(" (firmware {firmware})"),
        (None, None) => String::new(),
    };
    let (at, subject) = (at.unwrap_or_default(), subject.unwrap_or_default());
    format!("{at}`{}` breaks{subject}{numbers}", broken.invariant)
}
