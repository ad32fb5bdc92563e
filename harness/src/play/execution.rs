//! Steps, one after another: do, let settle, look, compare.

use super::observer::Observer;
use super::operations::Operations;
use super::options::RunOptions;
use super::wording;
use crate::judge::expectations::{self, StepOutcome};
use crate::record::aspect::Deed;
use crate::record::failure::Failure;
use crate::record::result::{Mismatch, RunResult, StepRecord};
use crate::record::timeline::Keep;
use crate::scenario::{End, ScenarioFile, Step};
use crate::stage::inproc::{Halt, World, WorldSetup};
use driver::RevisionName;
use emulator::ConfigError;
use prm::Cycles;
use serde_json::Value;

/// A run that is under way.
pub(super) struct Execution<'a> {
    scenario: &'a ScenarioFile,
    revision: RevisionName,
    pub(super) world: World,
    pub(super) operations: Operations,
    pub(super) observer: Observer<'a>,
}

/// What a step did, before anybody looked at the books.
#[derive(Default)]
pub(super) struct Done {
    /// The operation that the step started or joined.
    pub(super) operation: Option<usize>,
    /// What went wrong with the step itself.
    pub(super) problem: Option<Problem>,
}

/// Something a step should have done and did not.
pub(super) struct Problem {
    /// With what.
    pub(super) what: Deed,
    /// What should have been.
    pub(super) expected: &'static str,
    /// What was.
    pub(super) actual: String,
}

impl Done {
    /// A step that did not do what it should have done.
    pub(super) fn problem(what: Deed, expected: &'static str, actual: impl Into<String>) -> Self {
        Self {
            operation: None,
            problem: Some(Problem {
                what,
                expected,
                actual: actual.into(),
            }),
        }
    }
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        scenario: &'a ScenarioFile,
        revision: RevisionName,
        options: &RunOptions,
    ) -> Result<Self, ConfigError> {
        let mut world = World::new(WorldSetup {
            device: scenario.device.clone(),
            seed: options.seed.unwrap_or(0),
            page_bytes: scenario.host.page_size.into(),
            revision,
            eswitch_support: scenario.host.eswitch_support,
            scheduler: options.scheduler(),
            limits: options.limits,
        })?;
        if options.keep == Keep::Everything {
            world.keep_timeline();
        }
        let observer = Observer::new(scenario);
        Ok(Self {
            scenario,
            revision,
            world,
            operations: Operations::default(),
            observer,
        })
    }

    /// Runs every step and judges the end.
    pub(super) fn run(mut self, result: &mut RunResult) {
        let mut halted = None;
        for (number, step) in (1..).zip(&self.scenario.steps) {
            if let Err(halt) = self.step(number, step, result) {
                halted = Some((number, step, halt));
                break;
            }
        }
        self.finish(halted, result);
    }

    fn step(&mut self, number: u32, step: &Step, result: &mut RunResult) -> Result<(), Halt> {
        self.world.begin_step();
        tracing::info!(
            actor = "scenario",
            step = number,
            virtual_ns = self.world.now().0,
            "{}",
            wording::step(step)
        );
        let acted = self.act(step).and_then(|done| self.world.settle().map(|()| done));
        // A run that is stopped shows its books all the same.
        let (done, halt) = match acted {
            Ok(done) => (done, None),
            Err(halt) => (Done::default(), Some(halt)),
        };
        let record = self.observer.look(
            number,
            step,
            done.operation,
            &mut self.world,
            &mut self.operations,
        );
        if halt.is_none() {
            self.compare(number, step, &record, done.problem, result);
        }
        for broken in &record.violations {
            let virtual_ns = record.after.virtual_ns;
            tracing::info!(
                actor = "invariant",
                step = number,
                virtual_ns,
                "{}: {}",
                broken.invariant,
                broken.detail
            );
        }
        result.add_step(record);
        halt.map_or(Ok(()), Err)
    }

    fn compare(
        &self,
        number: u32,
        step: &Step,
        record: &StepRecord,
        problem: Option<Problem>,
        result: &mut RunResult,
    ) {
        let expected = step.expect.resolved(self.revision);
        let pending = self.operations.any_pending();
        let outcome = StepOutcome {
            returns: record.returns,
            took_ns: record.took_ns,
            pending,
        };
        // An operation that cannot end is fine where the scenario says that it is pending.
        let foreseen = expected.pending == Some(true);
        if let Some(problem) = problem.filter(|problem| problem.what != Deed::Operation || !foreseen) {
            result.mismatches.push(Mismatch {
                step: Some(number),
                what: problem.what.name().to_owned(),
                expected: problem.expected.to_owned(),
                actual: problem.actual,
            });
        }
        expectations::compare_books(
            Some(number),
            &expected,
            &record.after,
            &outcome,
            &mut result.mismatches,
        );
    }

    fn finish(mut self, halt: Option<(u32, &Step, Halt)>, result: &mut RunResult) {
        let now = self.world.now();
        result.virtual_ns = now.0;
        result.timeline = self.world.take_timeline();
        (result.leaked_pages, result.leaked_mappings) = self.observer.leaked;
        result.warnings = self.observer.warnings.iter().map(Value::to_string).collect();
        result.commands = std::mem::take(&mut self.observer.commands);
        // Recorded streams are in the order of doorbells.
        result.commands.sort_by_key(|command| command.n);
        result.choices = self.world.runtime().choices();
        result.longest_stall = self.longest_stall(now);
        let left = {
            let machine = self.world.machine();
            self.observer.holds.left(&machine.silicon.holds())
        };
        self.observer.notes.extend(left);
        result.notes = std::mem::take(&mut self.observer.notes);
        if halt.is_none() {
            self.judge(result);
        }
        match halt {
            Some((number, step, Halt::Exhausted(error))) => {
                let what = wording::step(step);
                let seen = self.seen_since().join("; ");
                let reason = format!("budget exceeded: step {number} ({what}) {error}; {seen}");
                result.fail(Failure::Budget, reason);
            }
            // A recorded schedule that cannot be followed: the run is not the one that was recorded.
            Some((_, _, error @ Halt::Schedule(_))) => result.fail(Failure::Expectation, error.to_string()),
            None => {
                if let Some(reason) = result.mismatches.first().map(wording::mismatch) {
                    result.fail(Failure::Expectation, reason);
                }
            }
        }
        self.observer.hash.add(&result.virtual_ns);
        result.trace_hash = self.observer.hash.finish();
    }

    /// What may explain that a step does not end: the holds, the commands that are outstanding, who waits, and what has
    /// happened since it began.
    fn seen_since(&self) -> Vec<String> {
        const MOST: usize = 4;
        let mut seen = {
            let machine = self.world.machine();
            self.observer.holds.in_words(&machine.silicon.holds())
        };
        let waits = wording::waits(&self.world);
        let more = waits.len().saturating_sub(MOST);
        seen.extend(waits.into_iter().take(MOST));
        if more > 0 {
            seen.push(format!("and {more} more"));
        }
        seen.push(match &self.observer.completed {
            (number, Some(last)) => {
                format!("since the step began {number} commands have completed, the last {last}")
            }
            (_, None) => "since the step began no command has completed".to_owned(),
        });
        seen
    }

    fn judge(&self, result: &mut RunResult) {
        let nothing = End::default();
        let end = self.scenario.expect.get(self.revision).unwrap_or(&nothing);
        let outcome = StepOutcome {
            returns: None,
            took_ns: None,
            pending: self.operations.any_pending(),
        };
        if let Some(last) = result.last().cloned() {
            expectations::compare_books(None, &end.books(), &last, &outcome, &mut result.mismatches);
        }
        expectations::compare_end(self.scenario, end, &self.observer.warnings, result);
    }

    /// The host operation or the command that took longest.
    fn longest_stall(&self, now: Cycles) -> Option<(String, u64)> {
        let operation = self
            .operations
            .longest(now)
            .map(|(kind, took)| (kind.name(), took));
        let command = self.observer.longest_command;
        let longest = [operation, command]
            .into_iter()
            .flatten()
            .max_by_key(|&(_, took)| took);
        longest.map(|(name, took)| (name.to_owned(), took.0))
    }
}
