//! What a run yields: the outcome, the books after every step, and everything a report shows.

use super::aspect::{Aspect, Deed, Scalar};
use super::failure::Failure;
use crate::record::measured::Measured;
use crate::record::timeline::Timeline;
use crate::scenario::{InvariantName, ScenarioFile};
use emulator::CommandRecord;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How the warning begins that a kernel's death leaves in a result.
pub const DIED: &str = "the kernel died: ";

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every expectation held, the expected violations appeared exactly, and no other did.
    Pass,
    /// Something else happened.
    Fail,
    /// The backend cannot run it; the reason says why.
    Skip,
}

/// Both books at one moment. Canonical: every map is sorted, and what a backend cannot show is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The driver's counters by debugfs name, plus `self` and `none`; values as the kernel prints them.
    pub counters: BTreeMap<String, Option<u32>>,
    /// Pages firmware books on each function (`vf1`), or on an identity that names none (`id300`).
    pub ledger: BTreeMap<String, u64>,
    /// Pages the driver tracks under each owner key.
    pub roots: BTreeMap<u32, u64>,
    /// The driver's map from vhca_id to function type.
    pub vhca_map: BTreeMap<u16, String>,
    /// The eswitch's count of enabled vports.
    pub enabled_vports: Option<i64>,
    /// Work items on the page queue that have not ended.
    pub page_queue: u64,
    /// Who holds which lock.
    pub locks: BTreeMap<String, String>,
    /// Commands the device has not completed.
    pub commands: Vec<String>,
    /// Virtual time in ns.
    pub virtual_ns: u64,
}

/// One executed step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// 1-based number.
    pub number: u32,
    /// The step in words.
    pub what: String,
    /// Result of the step's host operation: 0 or a negative errno; `None` where the step has none, or it still runs.
    pub returns: Option<i32>,
    /// Virtual time the step's host operation took, in ns.
    pub took_ns: Option<u64>,
    /// Whether any operation still ran after it. For whoever compares two runs; no part of what is kept.
    #[serde(skip)]
    pub pending: bool,
    /// Whether our driver wrote where it must not: a kernel crashes there. No part of what is kept, either.
    #[serde(skip)]
    pub wrote_astray: bool,
    /// Warnings the driver printed during the step.
    pub warnings: Vec<String>,
    /// Invariants that broke during the step.
    pub violations: Vec<Violation>,
    /// Both books after it.
    pub after: Snapshot,
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Violation {
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
    /// In words.
    pub detail: String,
    /// Whether the scenario expects it.
    pub expected: bool,
}

/// An expectation that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The 1-based number of the step; `None` for the end.
    pub step: Option<u32>,
    /// What was compared; its name where it is kept, as `counters.fw_pages_vfs`.
    pub what: Aspect,
    /// The scenario's value.
    pub expected: String,
    /// The run's value.
    pub actual: String,
}

/// One sentence.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            expected,
            actual,
            ..
        } = self;
        match what {
            Aspect::Violation(invariant) => write!(f, "{invariant} broke unexpectedly: {actual}"),
            Aspect::MissingViolation(_) => write!(f, "this was expected and {actual}: {expected}"),
            Aspect::Scalar(Scalar::TookMsAtLeast) => {
                write!(f, "took_ms is {actual}, not at least {expected}")
            }
            Aspect::Scalar(Scalar::TookMsAtMost) => write!(f, "took_ms is {actual}, not at most {expected}"),
            Aspect::Deed(Deed::Firmware) => write!(f, "firmware did not carry out the order: {actual}"),
            Aspect::Deed(Deed::Gate) => write!(f, "the gate did not do what the step says: {actual}"),
            Aspect::Deed(Deed::Operation) => write!(f, "the operation does not end: {actual}"),
            Aspect::Deed(Deed::WaitFor) => write!(f, "there is nothing to wait for: {actual}"),
            Aspect::Deed(Deed::Function) => write!(f, "no driver can be bound: {actual}"),
            Aspect::Deed(Deed::Step) => write!(f, "the step cannot be done: {actual}"),
            _ => write!(f, "{what} is {actual}, not {expected}"),
        }
    }
}

/// Something worth knowing about a run that is no failure, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The 1-based number of the step it belongs to; `None` for the end.
    pub step: Option<u32>,
    /// The sentence.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "step {step}: {}", self.text),
            None => write!(f, "at the end: {}", self.text),
        }
    }
}

/// Where an expectation stands in its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Where the two books parted first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parting {
    /// 1-based step.
    pub step: u32,
    /// The step in words.
    pub what: String,
    /// The function whose books differ.
    pub function: String,
    /// The driver's pages.
    pub driver: i64,
    /// Firmware's pages.
    pub firmware: i64,
}

/// One finished run of one scenario under one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunResult {
    /// Scenario name.
    pub scenario: String,
    /// The file it came from, as given on the command line.
    pub file: String,
    /// Revision, or `linux`.
    pub revision: String,
    /// Backend.
    pub backend: String,
    /// Seed of the run, where one was given.
    pub seed: Option<u64>,
    /// Outcome.
    pub outcome: Outcome,
    /// Why it is not as it should be. A failed run that says nothing has failed an expectation.
    pub failure: Option<Failure>,
    /// Why it was skipped, or what failed first.
    pub reason: Option<String>,
    /// Every step.
    pub steps: Vec<StepRecord>,
    /// Virtual time in ns.
    pub virtual_ns: u64,
    /// Hash over everything that happened.
    pub trace_hash: String,
    /// Warnings in order.
    pub warnings: Vec<String>,
    /// Broken invariants in order.
    pub violations: Vec<Violation>,
    /// Expectations that did not hold.
    pub mismatches: Vec<Mismatch>,
    /// Where each of them stands in the file, as far as that is known: as many as `mismatches`, or none.
    pub places: Vec<Option<Place>>,
    /// What is worth knowing and no failure.
    pub notes: Vec<Note>,
    /// How its snapshot differs, number by number.
    pub snapshot_difference: Option<String>,
    /// Where the books parted.
    pub parting: Option<Parting>,
    /// Host pages still allocated after the last unload.
    pub leaked_pages: u64,
    /// DMA mappings still in place after the last unload.
    pub leaked_mappings: u64,
    /// Longest time one host operation or command stalled, with its name, in ns.
    pub longest_stall: Option<(String, u64)>,
    /// What was chosen, where there was a choice, by name.
    pub choices: Vec<String>,
    /// The command stream, in the form of the recorded traces.
    pub commands: Vec<CommandRecord>,
    /// Where a driver that was compared with ours showed other books first.
    pub comparison: Option<Comparison>,
    /// What was measured of another driver than ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// When everything happened, where that was kept. No part of what is kept of a run.
    #[serde(skip)]
    pub timeline: Option<Timeline>,
    /// The line that repeats this run.
    pub replay: String,
}

/// Both runs' books after the first step where they differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// 1-based step.
    pub step: u32,
    /// The step in words.
    pub what: String,
    /// Every number that both show.
    pub rows: Vec<Compared>,
}

/// One number of two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// What it is, as `counters.fw_pages_vfs`.
    pub name: String,
    /// Our driver's.
    pub ours: Option<i64>,
    /// Linux's.
    pub linux: Option<i64>,
}

impl Compared {
    /// Whether the two runs show different numbers.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.ours != self.linux
    }
}

impl StepRecord {
    /// Where the books parted in this step, if they did.
    fn parting(&self) -> Option<Parting> {
        let differs = |invariant: InvariantName| {
            let mut violations = self.violations.iter();
            let violation = violations.find(|violation| violation.invariant == invariant)?;
            Some(Parting {
                step: self.number,
                what: self.what.clone(),
                function: violation.subject.clone()?,
                driver: violation.driver?,
                firmware: violation.firmware?,
            })
        };
        differs(InvariantName::PagesMatchLedger).or_else(|| differs(InvariantName::CounterMatchesLedger))
    }
}

impl RunResult {
    /// Counts times from this one on, in nanoseconds: that of a clock that had gone on before the run.
    pub fn count_time_from(&mut self, began: u64) {
        self.virtual_ns = self.virtual_ns.saturating_sub(began);
        for step in &mut self.steps {
            step.after.virtual_ns = step.after.virtual_ns.saturating_sub(began);
        }
    }

    /// Adds a step that has ended, with what broke in it.
    pub fn add_step(&mut self, record: StepRecord) {
        self.violations.extend(record.violations.iter().cloned());
        if self.parting.is_none() {
            self.parting = record.parting();
        }
        self.steps.push(record);
    }

    /// The result of a run that has not begun.
    #[must_use]
    pub fn empty(scenario: &ScenarioFile, file: &str, revision: &str, seed: Option<u64>) -> Self {
        Self {
            seed,
            ..Self::unrun(&scenario.name, file, revision)
        }
    }

    /// The result of a case that nobody has run, or can run.
    #[must_use]
    pub fn unrun(scenario: &str, file: &str, revision: &str) -> Self {
        Self {
            scenario: scenario.to_owned(),
            file: file.to_owned(),
            revision: revision.to_owned(),
            backend: revision.to_owned(),
            seed: None,
            outcome: Outcome::Pass,
            failure: None,
            reason: None,
            steps: Vec::new(),
            virtual_ns: 0,
            trace_hash: String::new(),
            warnings: Vec::new(),
            violations: Vec::new(),
            mismatches: Vec::new(),
            places: Vec::new(),
            notes: Vec::new(),
            snapshot_difference: None,
            parting: None,
            leaked_pages: 0,
            leaked_mappings: 0,
            longest_stall: None,
            choices: Vec::new(),
            commands: Vec::new(),
            comparison: None,
            measured: None,
            timeline: None,
            replay: String::new(),
        }
    }

    /// The case is not as it should be. Of several failures the worst counts.
    pub fn fail(&mut self, failure: Failure, reason: impl Into<String>) {
        if self.failure().is_none_or(|known| known < failure) {
            self.failure = Some(failure);
            self.reason = Some(reason.into());
        }
        self.outcome = Outcome::Fail;
    }

    /// Why it is not as it should be; `None` where it is.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        let failed = self.outcome == Outcome::Fail;
        failed.then(|| self.failure.unwrap_or(Failure::Expectation))
    }

    /// Whether nobody could judge the driver.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.failure().is_some_and(Failure::is_error)
    }

    /// What did not hold, with its place in the file where that is known.
    pub fn located_mismatches(&self) -> impl Iterator<Item = (&Mismatch, Option<&Place>)> {
        let place = |index: usize| self.places.get(index).and_then(Option::as_ref);
        (0..)
            .zip(&self.mismatches)
            .map(move |(index, mismatch)| (mismatch, place(index)))
    }

    /// The books after the last step.
    #[must_use]
    pub fn last(&self) -> Option<&Snapshot> {
        self.steps.last().map(|step| &step.after)
    }
}
