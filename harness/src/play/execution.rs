//! Steps, one after another: do, let settle, look, compare. The same on every stage.

use super::actions::{self, Done};
use super::observer::{Observer, Seen};
use super::wording;
use crate::judge::Judge;
use crate::record::failure::Failure;
use crate::record::measured::Measured;
use crate::record::result::{RunResult, StepRecord};
use crate::scenario::{ScenarioFile, Step};
use crate::stage::Stage;
use crate::stage::abilities::Insight;
use crate::stage::contract::Closing;
use crate::stage::sight::Health;
use crate::stage::stop::Stop;
use driver::RevisionName;
use driver_host::Halt;
use emulator::HoldState;
use serde_json::Value;

/// A run that is under way.
pub(crate) struct Execution<'a, S> {
    scenario: &'a ScenarioFile,
    stage: &'a mut S,
    observer: Observer<'a>,
    judge: Judge<'a>,
    insight: Insight,
    revision: RevisionName,
    /// The number of the step that is under way.
    current: u32,
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// After its last step.
    Well,
    /// Before.
    Badly,
}

impl<'a, S: Stage> Execution<'a, S> {
    /// A run of `scenario` on a stage that nobody has acted on, judged as `revision` and, where there is one, by our driver's
    /// run of the same scenario.
    pub(crate) fn new(
        scenario: &'a ScenarioFile,
        revision: RevisionName,
        reference: Option<&'a RunResult>,
        stage: &'a mut S,
    ) -> Self {
        let insight = stage.abilities().insight;
        Self {
            scenario,
            stage,
            observer: Observer::new(scenario),
            judge: Judge::new(scenario, revision, insight, reference),
            insight,
            revision,
            current: 0,
        }
    }

    /// Runs every step and fills the result.
    ///
    /// # Errors
    /// What has broken the stage. Everything else is the scenario's result.
    pub(crate) fn run(mut self, result: &mut RunResult) -> Result<Ended, S::Broken> {
        let mut stopped = None;
        let revision = self.revision;
        let steps = (1..).zip(&self.scenario.steps);
        for (number, step) in steps.filter(|(_, step)| step.is_for(revision)) {
            self.current = number;
            match self.step(number, step, result) {
                Ok(Health::Alive) => {}
                Ok(Health::Dying | Health::Dead) => break,
                Err(stop) => {
                    stopped = Some((step, stop));
                    break;
                }
            }
        }
        self.finish(stopped, result)
    }

    fn step(&mut self, number: u32, step: &Step, result: &mut RunResult) -> Result<Health, Stop<S::Broken>> {
        self.stage.begin_step(self.judge.foresees(number, step))?;
        tracing::info!(
            actor = "scenario",
            step = number,
            virtual_ns = self.stage.now().0,
            "{}",
            wording::step(step)
        );
        let acted = actions::act(self.stage, &self.observer.holds, step)
            .and_then(|done| self.stage.settle().map(|()| done));
        // A run that is stopped shows its books all the same.
        let (done, halt) = match acted {
            Ok(done) => (done, None),
            Err(Stop::Halted(halt)) => (Done::default(), Some(halt)),
            Err(stop) => return Err(stop),
        };
        let (observer, judge) = (&mut self.observer, &mut self.judge);
        let seen = self.stage.look(|sight| observer.look(number, sight, judge))?;
        let (health, is_loaded) = (seen.health, seen.is_loaded);
        let record = self.record(number, step, done.operation, seen);
        if health == Health::Dead {
            // What a dying kernel shows is not compared; that it dies is judged at the end.
            result.add_step(record);
            return Ok(health);
        }
        if halt.is_none() {
            self.judge
                .compare_step(step, &record, done.problem, is_loaded, result);
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
        halt.map_or(Ok(health), |halt| Err(Stop::Halted(halt)))
    }

    fn record(&mut self, number: u32, step: &Step, operation: Option<usize>, seen: Seen) -> StepRecord {
        let operations = self.stage.operations();
        let operation = operation.map(|number| operations.get(number));
        let record = StepRecord {
            number,
            what: wording::step(step),
            returns: operation.and_then(|operation| operation.returned()),
            took_ns: operation
                .and_then(|operation| operation.took())
                .map(|took| took.0),
            pending: operations.any_pending(),
            warnings: seen.warnings.iter().map(Value::to_string).collect(),
            wrote_astray: seen.wrote_astray,
            violations: seen.violations,
            after: seen.after,
        };
        self.observer.warnings.extend(seen.warnings);
        self.observer.hash.add(&record);
        record
    }

    fn finish(
        mut self,
        stopped: Option<(&Step, Stop<S::Broken>)>,
        result: &mut RunResult,
    ) -> Result<Ended, S::Broken> {
        let closing = match self.stage.close(&result.steps) {
            Ok(closing) => closing,
            Err(Stop::Broken(broken)) => return Err(broken),
            // What a stage cannot tell of a run that has ended badly is not there.
            Err(_) => Closing::default(),
        };
        result.virtual_ns = closing.took.0;
        result.commands = closing.commands;
        result.choices = closing.choices;
        let unfollowed = closing.unfollowed;
        result.timeline = closing.timeline;
        if let Some(measured) = closing.measured {
            let durations = result.measured.take().map(|measured| measured.durations);
            result.measured = Some(Measured {
                durations: durations.unwrap_or_default(),
                ..measured
            });
        }
        (result.leaked_pages, result.leaked_mappings) = self.observer.leaked;
        result.warnings = self.observer.warnings.iter().map(Value::to_string).collect();
        result.notes = std::mem::take(&mut self.observer.notes);
        if self.insight == Insight::Whole {
            result.longest_stall = self.longest_stall();
        }
        let mut halted = None;
        let ended = match stopped {
            None => self.judge_end(result)?,
            Some((step, Stop::Halted(halt))) => {
                halted = Some((step, halt));
                Ended::Badly
            }
            Some((_, Stop::Died(how))) => self.judge_death(&how, result),
            Some((_, Stop::Unusable(how))) => {
                Judge::judge_failure(&how, self.current, result);
                Ended::Badly
            }
            Some((_, Stop::Broken(broken))) => return Err(broken),
        };
        self.judge.keep_books(result);
        let holds = self.stage.holds()?;
        result.notes.extend(self.observer.holds.left(&holds));
        match halted {
            Some((step, Halt::Exhausted(error))) => {
                let what = wording::step(step);
                let seen = self.seen_since(&holds).join("; ");
                let number = self.current;
                let reason = format!("budget exceeded: step {number} ({what}) {error}; {seen}");
                result.fail(Failure::Budget, reason);
            }
            // A step that did more than it had announced: nothing that is concluded from announcements can be believed.
            Some((_, error @ (Halt::Strayed(_) | Halt::Surprise(_) | Halt::DeviceSurprise(_)))) => {
                result.fail(Failure::Expectation, error.to_string())
            }
            // The run is not the one that was recorded.
            None if let Some(mismatch) = unfollowed => {
                result.fail(Failure::Expectation, mismatch.to_string())
            }
            None => {
                if let Some(reason) = result.mismatches.first().map(wording::mismatch) {
                    result.fail(Failure::Expectation, reason);
                }
            }
        }
        // Only where the clock is the run's own do the same arguments yield the same run.
        if self.insight == Insight::Whole {
            self.observer.hash.add(&result.virtual_ns);
            result.trace_hash = self.observer.hash.finish();
        }
        Ok(ended)
    }

    fn judge_end(&mut self, result: &mut RunResult) -> Result<Ended, S::Broken> {
        if let Some(fatal) = self.stage.heard().fatal() {
            let how = fatal.line.clone();
            return Ok(self.judge_death(&how, result));
        }
        match self.look_again(result) {
            Ok(()) => {}
            Err(Stop::Broken(broken)) => return Err(broken),
            Err(Stop::Died(how) | Stop::Unusable(how)) => return Ok(self.judge_death(&how, result)),
            Err(Stop::Halted(halt)) => return Ok(self.judge_death(&halt.to_string(), result)),
        }
        self.stage.observe();
        let operations = self.stage.operations();
        self.judge.compare_end(
            &self.observer.warnings,
            self.stage.heard(),
            operations.any_failed(),
            operations.any_pending(),
            self.current,
            result,
        );
        Ok(Ended::Well)
    }

    fn judge_death(&self, how: &str, result: &mut RunResult) -> Ended {
        self.judge
            .judge_death(how, self.stage.heard(), self.current, result);
        Ended::Badly
    }

    /// After the last step no other shows what came late.
    fn look_again(&mut self, result: &mut RunResult) -> Result<(), Stop<S::Broken>> {
        let Some(last) = result.steps.last() else {
            return Ok(());
        };
        if !self.stage.linger()? {
            return Ok(());
        }
        let (number, observer, judge) = (last.number, &mut self.observer, &mut self.judge);
        let seen = self.stage.look(|sight| observer.look(number, sight, judge))?;
        result.warnings.extend(seen.warnings.iter().map(Value::to_string));
        if seen.health != Health::Alive {
            return Err(Stop::Died("it died after the last step".to_owned()));
        }
        let late = StepRecord {
            after: seen.after,
            ..last.clone()
        };
        self.judge.compare_late(&late, result);
        Ok(())
    }

    /// What may explain that a step does not end: the holds, the commands that are outstanding, who waits, and what has
    /// happened since it began.
    fn seen_since(&self, holds: &[HoldState]) -> Vec<String> {
        const MOST: usize = 4;
        let mut seen = self.observer.holds.in_words(holds);
        let waits = self.stage.waits();
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

    /// The host operation or the command that took longest.
    fn longest_stall(&self) -> Option<(String, u64)> {
        let operation = self.stage.operations().longest(self.stage.now());
        let command = self.observer.longest_command.as_ref();
        let command = command.map(|(name, took)| (name.as_ref(), *took));
        let longest = [operation, command]
            .into_iter()
            .flatten()
            .max_by_key(|&(_, took)| took);
        longest.map(|(name, took)| (name.to_owned(), took.0))
    }
}
