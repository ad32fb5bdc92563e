//! The steps of a scenario on a guest, one after another: do, let settle, look, compare.

use super::comparison;
use super::foresight::Foreseen;
use super::guest::{Guest, GuestError, is_fatal, is_warning};
use super::kernel_log::KernelLog;
use super::operations::Operations;
use super::outcomes::Outcomes;
use super::settling;
use crate::judge::invariants::{CounterBook, Watch};
use crate::play::holds::Holds;
use crate::record::timeline::{Keep, Timeline};
use crate::record::{Mismatch, Outcome, RunResult, Snapshot, StepRecord, Violation};
use crate::scenario::outcome::without;
use crate::scenario::{End, ScenarioFile, Step};
use driver::RevisionName;
use prm::Cycles;
use std::collections::BTreeMap;

/// How long the driver is watched after the last step.
const LINGER: Cycles = Cycles::from_millis(500);

/// How long a kernel takes to die that writes where it must not. It allocates and maps host pages all the while.
const DYING: Cycles = Cycles::from_millis(10_000);

/// A run that is under way.
pub struct Execution<'a> {
    pub(super) guest: &'a mut Guest,
    pub(super) scenario: &'a ScenarioFile,
    /// Our driver's run of the same scenario.
    reference: &'a RunResult,
    judged_as: RevisionName,
    keep: Keep,
    pub(super) operations: Operations,
    /// What the file leaves open on Linux.
    outcomes: Outcomes<'a>,
    /// The number of the step that is under way.
    current: u32,
    /// The scenario has reported an error through the health buffer: time is not idle any more.
    pub(super) device_in_error: bool,
    /// The scenario has told firmware to do something that a driver complains about.
    pub(super) disturbed: bool,
    log: KernelLog,
    /// Which of the conditions that can be seen are broken.
    watch: Watch,
    /// The kernel has printed a `WARN`: its taint stays, and what warns once will not warn again.
    warned: bool,
    began: Cycles,
}

/// What a step did, before anybody looked at the books.
#[derive(Default)]
pub(super) struct Done {
    operation: Option<usize>,
    problem: Option<Mismatch>,
}

impl Done {
    /// A step that started or joined an operation.
    pub(super) fn of(operation: usize) -> Self {
        Self {
            operation: Some(operation),
            problem: None,
        }
    }

    /// A step that did not do what it should have done.
    pub(super) fn problem(what: &str, expected: &str, actual: impl Into<String>) -> Self {
        Self::default().with_problem(what, expected, actual)
    }

    /// The same step, with what went wrong.
    pub(super) fn with_problem(self, what: &str, expected: &str, actual: impl Into<String>) -> Self {
        Self {
            problem: Some(Mismatch {
                step: None,
                what: what.to_owned(),
                expected: expected.to_owned(),
                actual: actual.into(),
            }),
            ..self
        }
    }
}

/// What became of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// Another scenario may follow: no driver is bound and the kernel had nothing to complain about.
    Clean,
    /// A fresh boot is needed.
    Spent,
}

impl<'a> Execution<'a> {
    /// A run of `scenario` on a guest that was booted for its profile and whose device has been replaced by the scenario's.
    #[must_use]
    pub fn new(
        guest: &'a mut Guest,
        scenario: &'a ScenarioFile,
        reference: &'a RunResult,
        judged_as: RevisionName,
        keep: Keep,
    ) -> Self {
        let began = guest.now();
        Self {
            guest,
            scenario,
            reference,
            judged_as,
            keep,
            operations: Operations::default(),
            outcomes: Outcomes::new(scenario, judged_as),
            current: 0,
            device_in_error: false,
            disturbed: false,
            log: KernelLog::default(),
            watch: Watch::default(),
            warned: false,
            began,
        }
    }

    /// Runs every step and fills the result. What ends the guest ends the run; where our driver's model says that a kernel
    /// would crash there, that is as it should be.
    ///
    /// # Errors
    /// [`GuestError::is_of_the_machine`]. Everything else is the scenario's result.
    pub fn run(mut self, result: &mut RunResult) -> Result<Aftermath, GuestError> {
        if self.keep == Keep::Everything {
            self.guest.keep_account();
        }
        let outcome = self.steps(result);
        // What comes after the last step is not the scenario's.
        result.virtual_ns = self.guest.now().saturating_sub(self.began).0;
        result.commands = self.guest.take_commands();
        result.timeline = self.timeline(result);
        let ended = match outcome {
            Ok(()) => self.judge_end(result)?,
            Err(error) if error.is_of_the_machine() => return Err(error),
            Err(error @ (GuestError::Gone(_) | GuestError::Silent { .. })) => {
                self.judge_crash(&error.to_string(), result)
            }
            Err(error) => self.judge_failure(&error, result),
        };
        comparison::books_of_both(self.reference, result);
        let holds = self.guest.silicon().holds();
        result.notes.extend(Holds::new(self.scenario).left(&holds));
        if let Some(first) = result.mismatches.first() {
            result.outcome = Outcome::Fail;
            result.reason = Some(comparison::sentence(first));
        }
        Ok(ended)
    }

    /// What can be seen of a kernel: firmware's account, and the counters where they were read.
    fn timeline(&mut self, result: &RunResult) -> Option<Timeline> {
        let records = self.guest.take_account()?;
        let mut timeline = Timeline::new(self.guest.silicon().main_function(), self.began);
        timeline.ended = self.guest.now();
        timeline.records = records;
        for step in &result.steps {
            let at = self.began.saturating_add(Cycles(step.after.virtual_ns));
            timeline.add_counters(at, &step.after.counters);
        }
        let ends = result.steps.iter().map(|step| {
            let at = self.began.saturating_add(Cycles(step.after.virtual_ns));
            (at, &step.after.ledger)
        });
        timeline.add_ledger(ends);
        Some(timeline)
    }

    fn steps(&mut self, result: &mut RunResult) -> Result<(), GuestError> {
        let scenario = self.scenario;
        for (number, step) in (1..).zip(&scenario.steps) {
            if self.step(number, step, result)? == Health::Dead {
                break;
            }
        }
        Ok(())
    }

    fn step(&mut self, number: u32, step: &Step, result: &mut RunResult) -> Result<Health, GuestError> {
        self.current = number;
        let reference = self.reference;
        let ours = reference.steps.iter().find(|record| record.number == number);
        let words = ours.map_or_else(String::new, |record| record.what.clone());
        tracing::info!(actor = "scenario", step = number, "{words}");
        let done = self.act(step, Foreseen::of(reference, number, step))?;
        self.operations.observe(self.guest);
        if ours.is_some_and(comparison::foretells_a_crash) {
            // The kernel dies in a worker, some time after the driver's side of the step has ended.
            settling::serve(self.guest, DYING)?;
        }
        let counters = settling::settle(self.guest, self.operations.any_pending())?;
        if self.guest.has_died() {
            // What a dying kernel shows is not compared; that it dies is judged at the end.
            self.log.complaints.extend(self.guest.take_complaints());
            result
                .steps
                .push(self.record(number, words, &done, BTreeMap::new()));
            return Ok(Health::Dead);
        }
        self.operations.observe(self.guest);
        let mut record = self.record(number, words, &done, counters);
        record.warnings = self.read_log()?;
        record.violations = self.broken_in(&record);
        if let Some(problem) = done.problem {
            result.mismatches.push(Mismatch {
                step: Some(number),
                ..problem
            });
        }
        if self.operations.shows_counters() && !self.device_in_error {
            comparison::are_shown(&self.scenario.device, &record, &mut result.mismatches);
        }
        let decided = self.outcomes.decided_at(number);
        let expected = without(step.expect.resolved(self.judged_as), &decided);
        comparison::with_file(Some(number), &expected, &record, &mut result.mismatches);
        result.mismatches.extend(self.outcomes.narrow(&record));
        if let Some(ours) = ours {
            comparison::with_ours(ours, &record, step.background, &decided, result);
        }
        result.warnings.extend(record.warnings.iter().cloned());
        result.add_step(record);
        let complaints = self.guest.take_complaints();
        let dead = complaints.iter().any(is_fatal);
        self.log.complaints.extend(complaints);
        Ok(if dead { Health::Dead } else { Health::Alive })
    }

    fn record(&self, number: u32, what: String, done: &Done, counters: BTreeMap<String, u32>) -> StepRecord {
        let operation = done.operation.map(|number| self.operations.get(number));
        StepRecord {
            number,
            what,
            returns: operation.and_then(|operation| operation.returned()),
            took_ns: operation
                .and_then(|operation| operation.took())
                .map(|took| took.0),
            pending: self.operations.any_pending(),
            warnings: Vec::new(),
            violations: Vec::new(),
            after: self.snapshot(counters),
        }
    }

    /// Reads what the kernel has printed since the last look; returns the driver's messages among it.
    fn read_log(&mut self) -> Result<Vec<String>, GuestError> {
        let lines = self.guest.kernel_log()?;
        self.warned |= lines.iter().any(is_warning);
        let messages = self.log.read(&lines);
        Ok(messages.iter().map(ToString::to_string).collect())
    }

    /// Which conditions broke in a step, as far as Linux shows them. That they are the same as in our driver's run follows from
    /// the counters, which are compared.
    fn broken_in(&mut self, record: &StepRecord) -> Vec<Violation> {
        let shown = record.after.counters.iter();
        let counters = shown.filter_map(|(name, value)| Some((name.clone(), (*value)?)));
        let silicon = self.guest.silicon();
        let book = CounterBook::new(silicon, silicon.main_function(), counters.collect());
        let mut broken = self.watch.check_counters(record.number, &book);
        for violation in &mut broken {
            let mut ours = self.reference.violations.iter();
            violation.expected = ours.any(|ours| {
                ours.expected
                    && (&ours.invariant, &ours.subject) == (&violation.invariant, &violation.subject)
            });
        }
        broken
    }

    fn snapshot(&self, counters: BTreeMap<String, u32>) -> Snapshot {
        let silicon = self.guest.silicon();
        let endpoint = silicon.main_function();
        let mut snapshot = Snapshot::of_device(silicon, endpoint);
        snapshot.virtual_ns = self.guest.now().saturating_sub(self.began).0;
        snapshot.counters = crate::scenario::COUNTERS
            .iter()
            .map(|&name| (name.to_owned(), counters.get(name).copied()))
            .collect();
        snapshot
    }

    fn judge_end(&mut self, result: &mut RunResult) -> Result<Aftermath, GuestError> {
        if let Some(fatal) = self.log.complaints.iter().find(|complaint| is_fatal(complaint)) {
            return Ok(self.judge_crash(&fatal.line.clone(), result));
        }
        if let Err(error) = self.look_again(result) {
            if error.is_of_the_machine() {
                return Err(error);
            }
            return Ok(self.judge_crash(&error.to_string(), result));
        }
        let allowed = self.outcomes.warnings();
        let caused = self.disturbed || self.operations.any_failed();
        comparison::warnings(self.reference, &self.log, &allowed, caused, result);
        result
            .mismatches
            .extend(Outcomes::new(self.scenario, self.judged_as).check_ours(self.reference));
        let foretold = comparison::crash_is_foretold(self.reference, self.current);
        comparison::complaints(foretold, &self.log.complaints, result);
        self.operations.observe(self.guest);
        let end = self.scenario.expect.get(self.judged_as);
        let mut expected = end.map(End::books).unwrap_or_default();
        // An operation that hangs has to be foreseen.
        expected.pending = Some(expected.pending.unwrap_or(false));
        if let Some(last) = result.steps.last() {
            let last = StepRecord {
                pending: self.operations.any_pending(),
                ..last.clone()
            };
            let expected = without(expected, &self.outcomes.decided_at(last.number));
            comparison::with_file(None, &expected, &last, &mut result.mismatches);
        }
        // The verdict stands, whatever becomes of the guest.
        Ok(self.clean_up().unwrap_or_else(|error| {
            tracing::warn!(actor = "host", %error, "the guest cannot be used again");
            Aftermath::Spent
        }))
    }

    /// After the last step no other shows what came late.
    fn look_again(&mut self, result: &mut RunResult) -> Result<(), GuestError> {
        let (Some(ours), Some(last)) = (self.reference.steps.last(), result.steps.last()) else {
            return Ok(());
        };
        let last = last.clone();
        settling::serve(self.guest, LINGER)?;
        let counters = settling::settle(self.guest, self.operations.any_pending())?;
        result.warnings.extend(self.read_log()?);
        self.log.complaints.extend(self.guest.take_complaints());
        if self.log.complaints.iter().any(is_fatal) {
            return Err(GuestError::Gone("it died after the last step".to_owned()));
        }
        let late = StepRecord {
            after: self.snapshot(counters),
            ..last
        };
        // What differs already has been told.
        if !result
            .mismatches
            .iter()
            .any(|mismatch| mismatch.step == Some(late.number))
        {
            let decided = self.outcomes.decided_at(late.number);
            comparison::with_ours(ours, &late, true, &decided, result);
        }
        Ok(())
    }

    /// A guest that died: as foretold, if our driver wrote where it must not by then.
    fn judge_crash(&mut self, how: &str, result: &mut RunResult) -> Aftermath {
        comparison::warnings_so_far(self.reference, &self.log, result);
        if !comparison::crash_is_foretold(self.reference, self.current) {
            result.mismatches.push(Mismatch {
                step: Some(self.current),
                what: "the guest".to_owned(),
                expected: "alive".to_owned(),
                actual: format!("dead ({how})"),
            });
        }
        result.warnings.push(format!("the kernel died: {how}"));
        Aftermath::Spent
    }

    /// A run that went wrong for another reason than the driver's.
    fn judge_failure(&self, error: &GuestError, result: &mut RunResult) -> Aftermath {
        result.mismatches.push(Mismatch {
            step: Some(self.current),
            what: "the guest".to_owned(),
            expected: "usable".to_owned(),
            actual: error.to_string(),
        });
        Aftermath::Spent
    }

    /// Brings the guest back to where no driver is bound.
    fn clean_up(&mut self) -> Result<Aftermath, GuestError> {
        const LIMIT: Cycles = Cycles::from_millis(30_000);
        let complained = self.warned || !self.log.complaints.is_empty();
        // A kernel that survived it has written somewhere else.
        let damaged = comparison::crash_is_foretold(self.reference, self.current);
        if complained || damaged || self.device_in_error || self.operations.any_pending() {
            return Ok(Aftermath::Spent);
        }
        self.operations.leave_bus(self.guest)?;
        if self.operations.is_bound() {
            let device = self.guest.address_under_test();
            self.guest.must(guest_protocol::Order::Unbind { device }, LIMIT)?;
        }
        Ok(if self.guest.is_quiet()? {
            Aftermath::Clean
        } else {
            Aftermath::Spent
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Alive,
    Dead,
}
