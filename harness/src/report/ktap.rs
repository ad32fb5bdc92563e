//! Results in the kernel's test anything protocol, version 1: a test for each scenario, a subtest for each revision.

use crate::run::result::{Outcome, RunResult};
use crate::text::printable::one_line;
use std::fmt::Write;

/// The head of the output, for this many scenarios.
#[must_use]
pub fn head(scenarios: usize) -> String {
    format!("KTAP version 1\n1..{scenarios}\n")
}

/// The `number`-th scenario (from 1) with all its runs.
#[must_use]
pub fn scenario(number: usize, results: &[RunResult]) -> String {
    let name = results.first().map_or("", |result| result.scenario.as_str());
    let name = &*one_line(name);
    let mut text = format!(
        "    KTAP version 1\n    # Subtest: {name}\n    1..{}\n",
        results.len()
    );
    for (index, result) in results.iter().enumerate() {
        for mismatch in &result.mismatches {
            let place = mismatch
                .step
                .map_or_else(|| "end".to_owned(), |step| format!("step {step}"));
            let (what, expected, actual) = (&mismatch.what, &mismatch.expected, &mismatch.actual);
            let line = format!("{place}: {what}: expected {expected}, got {actual}");
            let _ = writeln!(text, "    # {}", one_line(&line));
        }
        for violation in result.violations.iter().filter(|violation| !violation.expected) {
            let _ = writeln!(
                text,
                "    # step {}: {} broken: {}",
                violation.step,
                violation.invariant,
                one_line(&violation.detail)
            );
        }
        if result.outcome == Outcome::Fail {
            let _ = writeln!(text, "    # repeat: {}", one_line(&result.replay));
        }
        let _ = writeln!(
            text,
            "    {}",
            result_line(
                index + 1,
                &result.revision,
                result.outcome,
                result.reason.as_deref()
            )
        );
    }
    let all = |outcome| results.iter().all(|result| result.outcome == outcome);
    let together = if results.iter().any(|result| result.outcome == Outcome::Fail) {
        Outcome::Fail
    } else if all(Outcome::Skip) {
        Outcome::Skip
    } else {
        Outcome::Pass
    };
    let reason = results.iter().find_map(|result| result.reason.as_deref());
    let _ = writeln!(text, "{}", result_line(number, name, together, reason));
    text
}

fn result_line(number: usize, name: &str, outcome: Outcome, reason: Option<&str>) -> String {
    match outcome {
        Outcome::Pass => format!("ok {number} {name}"),
        Outcome::Fail => format!("not ok {number} {name}"),
        Outcome::Skip => {
            let reason = reason.unwrap_or_default().replace('\n', " ");
            format!("ok {number} {name} # SKIP {}", one_line(&reason))
                .trim_end()
                .to_owned()
        }
    }
}
