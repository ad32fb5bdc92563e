//! Results as JSON, one object per line.

use crate::record::Failure;
use crate::record::measured::Measured;
use crate::record::result::{Note, Outcome, RunResult};
use crate::report::case::Finished;
use crate::report::stream::Report;
use crate::report::summary::Summary;
use crate::scenario::InvariantName;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes a case as soon as it has finished.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonReport;

impl Report for JsonReport {
    fn finished(&mut self, case: Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &ResultLine::from(case.result))?;
        out.write_all(b"\n")
    }

    fn end(&mut self, _: &Summary, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// A case on one line. Scripts read it: fields are added, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultLine {
    /// Scenario name.
    pub scenario: String,
    /// Revision, or `linux`.
    pub revision: String,
    /// Backend.
    pub backend: String,
    /// Outcome.
    pub outcome: Outcome,
    /// Why it is not as it should be; `null` where it is.
    pub failure: Option<Failure>,
    /// Why it was skipped, or what failed first.
    pub reason: Option<String>,
    /// The scenario's file.
    pub file: String,
    /// Every expectation that did not hold.
    pub failures: Vec<FailureLine>,
    /// Number of steps.
    pub steps: usize,
    /// Virtual time in ns.
    pub virtual_ns: u64,
    /// Hash over everything that happened.
    pub trace_hash: String,
    /// The driver's counters after the last step; `null` where the backend cannot show one.
    pub counters: BTreeMap<String, Option<u32>>,
    /// Firmware's ledger after the last step.
    pub ledger: BTreeMap<String, u64>,
    /// Warnings in order: kinds with their data, as scenarios write them.
    pub warnings: Vec<Value>,
    /// Broken invariants in order.
    pub violations: Vec<ViolationLine>,
    /// What is worth knowing and no failure.
    pub notes: Vec<Note>,
    /// How the snapshot differs; `null` where it does not, or none was compared.
    pub snapshot_difference: Option<String>,
    /// What was measured of another driver than ours: how long operations and waits took, and what it left with firmware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// The line that repeats this run.
    pub replay: String,
}

/// An expectation that did not hold, in a [`ResultLine`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureLine {
    /// The scenario's file.
    pub file: String,
    /// The line of the expectation, from 1; `null` where the file does not say it.
    pub line: Option<usize>,
    /// Its column in characters, from 1.
    pub column: Option<usize>,
    /// The 1-based number of the step; `null` for the end.
    pub step: Option<u32>,
    /// What was compared, as `counters.fw_pages_vfs`.
    pub what: String,
    /// The scenario's value.
    pub expected: String,
    /// The run's value.
    pub actual: String,
    /// The whole as a sentence.
    pub message: String,
}

/// A broken invariant in a [`ResultLine`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationLine {
    /// Which.
    pub invariant: InvariantName,
    /// The 1-based number of the step where it broke.
    pub step: u32,
    /// Whom it concerns: a function, a counter or a key.
    pub subject: Option<String>,
    /// The driver's number.
    pub driver: Option<i64>,
    /// Firmware's number.
    pub firmware: Option<i64>,
    /// Whether the scenario expects it.
    pub expected: bool,
    /// In words.
    pub detail: String,
}

impl From<&RunResult> for ResultLine {
    fn from(result: &RunResult) -> Self {
        let last = result.last().cloned().unwrap_or_default();
        Self {
            scenario: result.scenario.clone(),
            revision: result.revision.clone(),
            backend: result.backend.clone(),
            outcome: result.outcome,
            failure: result.failure(),
            reason: result.reason.clone(),
            file: result.file.clone(),
            failures: failures(result),
            steps: result.steps.len(),
            virtual_ns: result.virtual_ns,
            trace_hash: result.trace_hash.clone(),
            counters: last.counters,
            ledger: last.ledger,
            warnings: result.warnings.iter().map(|warning| value(warning)).collect(),
            violations: result
                .violations
                .iter()
                .map(|violation| ViolationLine {
                    invariant: violation.invariant,
                    step: violation.step,
                    subject: violation.subject.clone(),
                    driver: violation.driver,
                    firmware: violation.firmware,
                    expected: violation.expected,
                    detail: violation.detail.clone(),
                })
                .collect(),
            notes: result.notes.clone(),
            snapshot_difference: result.snapshot_difference.clone(),
            measured: result.measured.clone(),
            replay: result.replay.clone(),
        }
    }
}

fn failures(result: &RunResult) -> Vec<FailureLine> {
    let located = result.located_mismatches();
    let lines = located.map(|(mismatch, place)| FailureLine {
        file: result.file.clone(),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        step: mismatch.step,
        what: mismatch.what.to_string(),
        expected: mismatch.expected.clone(),
        actual: mismatch.actual.clone(),
        message: mismatch.to_string(),
    });
    lines.collect()
}

/// A warning is kept as the JSON text of what was printed, or (where a kernel wrote it) as that line.
fn value(warning: &str) -> Value {
    serde_json::from_str(warning).unwrap_or_else(|_| json!({ "line": warning }))
}
