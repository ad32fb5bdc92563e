//! Results in the kernel's test anything protocol, version 1: a test for each scenario, a subtest for each revision.

use crate::record::Failure;
use crate::record::result::{Outcome, Place, RunResult};
use crate::report::case::{Finished, seconds};
use crate::report::stream::{Plan, Report};
use crate::report::summary::Summary;
use crate::text::printable::one_line;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Collects the runs of a file and writes them together.
#[derive(Debug, Default)]
pub struct KtapReport {
    /// How many cases each file has that has not been written.
    cases: VecDeque<usize>,
    /// Files that have been written.
    number: usize,
    /// The cases of the next file that have finished.
    results: Vec<RunResult>,
}

impl Report for KtapReport {
    fn begin(&mut self, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
        let files = plan.cases.chunk_by(|one, other| one.file == other.file);
        self.cases = files.map(<[_]>::len).collect();
        write!(out, "KTAP version 1\n1..{}\n", self.cases.len())
    }

    fn finished(&mut self, case: Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.results.push(case.result.clone());
        if self.cases.front().is_none_or(|cases| self.results.len() < *cases) {
            return Ok(());
        }
        self.cases.pop_front();
        self.write(out)
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        // The rest of a file whose other cases nobody has run.
        if !self.results.is_empty() {
            self.write(out)?;
        }
        match summary.not_run() {
            0 => Ok(()),
            cases => writeln!(out, "Bail out! {cases} cases were not run"),
        }
    }
}

impl KtapReport {
    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.number += 1;
        let results = std::mem::take(&mut self.results);
        out.write_all(scenario(self.number, &results).as_bytes())
    }
}

/// The `number`-th scenario (from 1) with all its runs.
fn scenario(number: usize, results: &[RunResult]) -> String {
    let name = results.first().map_or("", |result| result.scenario.as_str());
    let name = &*one_line(name);
    let mut text = format!(
        "    KTAP version 1\n    # Subtest: {name}\n    1..{}\n",
        results.len()
    );
    for (index, result) in results.iter().enumerate() {
        diagnose(&mut text, result);
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
    let skipped = results.iter().filter(|result| result.outcome == Outcome::Skip);
    let reason = skipped.into_iter().find_map(|result| result.reason.as_deref());
    let _ = writeln!(text, "{}", result_line(number, name, together, reason));
    text
}

/// What is to be said about a run, as comments above its line.
fn diagnose(text: &mut String, result: &RunResult) {
    let mut comment = |words: &str| {
        for line in words.lines() {
            let _ = writeln!(text, "    # {}", one_line(line));
        }
    };
    if result.outcome != Outcome::Skip {
        comment(&format!(
            "{}: virtual time {}",
            result.revision,
            seconds(result.virtual_ns)
        ));
    }
    if let (Some(failure), Some(reason)) = (result.failure(), &result.reason)
        && (result.mismatches.is_empty() || failure != Failure::Expectation)
    {
        comment(&format!("{}: {reason}", failure.name()));
    }
    for (mismatch, place) in result.located_mismatches() {
        let source = place.map_or_else(String::new, |Place { line, column }| {
            format!("{}:{line}:{column}: ", result.file)
        });
        let place = mismatch
            .step
            .map_or_else(|| "end".to_owned(), |step| format!("step {step}"));
        let (what, expected, actual) = (&mismatch.what, &mismatch.expected, &mismatch.actual);
        comment(&format!(
            "{source}{place}: {what}: expected {expected}, got {actual}"
        ));
    }
    for violation in result.violations.iter().filter(|violation| !violation.expected) {
        let (step, invariant, detail) = (violation.step, &violation.invariant, &violation.detail);
        comment(&format!("step {step}: {invariant} broken: {detail}"));
    }
    if let Some(difference) = &result.snapshot_difference {
        comment(difference);
    }
    for note in &result.notes {
        comment(&format!("note: {note}"));
    }
    if result.outcome == Outcome::Fail && !result.replay.is_empty() {
        comment(&format!("repeat: {}", result.replay));
    }
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
