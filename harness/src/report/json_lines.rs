//! Results as JSON, one object per line.

use crate::run::result::{Outcome, RunResult};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A run on one line. Scripts read it: fields are added, never changed.
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
    /// Why it was skipped, or what failed first.
    pub reason: Option<String>,
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
    /// Warnings in order.
    pub warnings: Vec<String>,
    /// Broken invariants in order.
    pub violations: Vec<ViolationLine>,
    /// The line that repeats this run.
    pub replay: String,
}

/// A broken invariant in a [`ResultLine`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationLine {
    /// Which.
    pub invariant: String,
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
            reason: result.reason.clone(),
            steps: result.steps.len(),
            virtual_ns: result.virtual_ns,
            trace_hash: result.trace_hash.clone(),
            counters: last.counters,
            ledger: last.ledger,
            warnings: result.warnings.clone(),
            violations: result
                .violations
                .iter()
                .map(|violation| ViolationLine {
                    invariant: violation.invariant.clone(),
                    expected: violation.expected,
                    detail: violation.detail.clone(),
                })
                .collect(),
            replay: result.replay.clone(),
        }
    }
}

/// The run on one line, with the line's end.
///
/// # Errors
/// Where JSON cannot say it, which no result does.
pub fn line(result: &RunResult) -> serde_json::Result<String> {
    Ok(serde_json::to_string(&ResultLine::from(result))? + "\n")
}
