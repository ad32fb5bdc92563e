//! The judge of a run: invariants and expectations after every step, everything else at the end.

use super::beside::Reference;
use super::expectations::{self, StepOutcome};
use super::invariants::Watch;
use crate::record::aspect::{Aspect, Deed};
use crate::record::result::{Mismatch, RunResult, StepRecord, Violation};
use crate::scenario::outcome::without;
use crate::scenario::{End, ScenarioFile, Step};
use crate::stage::abilities::Insight;
use crate::stage::foresight::Foreseen;
use crate::stage::heard::Heard;
use crate::stage::problem::Problem;
use crate::stage::sight::Sight;
use driver::RevisionName;
use serde_json::Value;

/// See the module's head.
pub(crate) struct Judge<'a> {
    scenario: &'a ScenarioFile,
    revision: RevisionName,
    insight: Insight,
    watch: Watch,
    /// Our driver's run of the scenario, where another driver is judged by it.
    reference: Option<Reference<'a>>,
}

impl<'a> Judge<'a> {
    /// A judge of a run that is to be as the file says of `revision`, and as the reference was.
    pub(crate) fn new(
        scenario: &'a ScenarioFile,
        revision: RevisionName,
        insight: Insight,
        reference: Option<&'a RunResult>,
    ) -> Self {
        Self {
            scenario,
            revision,
            insight,
            watch: Watch::default(),
            reference: reference.map(|run| Reference::new(scenario, revision, run)),
        }
    }

    /// What is known of a step (numbered from 1) before it is done.
    pub(crate) fn foresees(&self, number: u32, step: &Step) -> Foreseen {
        let reference = self.reference.as_ref();
        reference.map_or_else(Foreseen::default, |reference| reference.foresees(number, step))
    }

    /// Which invariants broke in a step.
    pub(crate) fn broken(&mut self, number: u32, sight: &Sight<'_>) -> Vec<Violation> {
        let mut broken = self.watch.check(number, sight);
        if let Some(reference) = &self.reference {
            reference.expect(&mut broken);
        }
        broken
    }

    /// Compares a step with what is expected of it. `is_loaded` says that the driver has to show its counters.
    pub(crate) fn compare_step(
        &mut self,
        step: &Step,
        record: &StepRecord,
        problem: Option<Problem>,
        is_loaded: bool,
        result: &mut RunResult,
    ) {
        let mut expected = step.expect.resolved(self.revision);
        // An operation that cannot end is fine where the scenario says that it is pending.
        let foreseen = expected.pending == Some(true);
        if let Some(problem) = problem.filter(|problem| problem.what != Deed::Operation || !foreseen) {
            result.mismatches.push(Mismatch {
                step: Some(record.number),
                what: Aspect::Deed(problem.what),
                expected: problem.expected.to_owned(),
                actual: problem.actual,
            });
        }
        if let Some(reference) = &self.reference {
            if is_loaded {
                reference.demand_counters(record, &mut result.mismatches);
            }
            expected = without(expected, &reference.decided_at(record.number));
        }
        expectations::compare_books(
            Some(record.number),
            &expected,
            &record.after,
            &StepOutcome::of(record),
            self.insight,
            &mut result.mismatches,
        );
        if let Some(reference) = &mut self.reference {
            reference.compare_step(step, record, result);
        }
    }

    /// Compares what came after the last step.
    pub(crate) fn compare_late(&self, late: &StepRecord, result: &mut RunResult) {
        if let Some(reference) = &self.reference {
            reference.compare_late(late, result);
        }
    }

    /// Judges a run that has come to its end. `told` is what was printed, as it is compared.
    pub(crate) fn compare_end(
        &self,
        told: &[Value],
        heard: &Heard,
        failed: bool,
        pending: bool,
        last: u32,
        result: &mut RunResult,
    ) {
        if let Some(reference) = &self.reference {
            reference.compare_end(heard, failed, pending, last, result);
            return;
        }
        let nothing = End::default();
        let end = self.scenario.expect.get(self.revision).unwrap_or(&nothing);
        let outcome = StepOutcome {
            returns: None,
            took_ns: None,
            pending,
        };
        if let Some(last) = result.last().cloned() {
            expectations::compare_books(
                None,
                &end.books(),
                &last,
                &outcome,
                self.insight,
                &mut result.mismatches,
            );
        }
        expectations::compare_end(self.scenario, end, told, result);
    }

    /// Judges a run whose machine died in step `last`.
    pub(crate) fn judge_death(&self, how: &str, heard: &Heard, last: u32, result: &mut RunResult) {
        match &self.reference {
            Some(reference) => reference.judge_death(how, heard, last, result),
            None => Self::judge_failure(how, last, result),
        }
    }

    /// Judges a run that went wrong for another reason than the driver's.
    pub(crate) fn judge_failure(how: &str, last: u32, result: &mut RunResult) {
        result.mismatches.push(Mismatch {
            step: Some(last),
            what: Aspect::Other("the guest".to_owned()),
            expected: "usable".to_owned(),
            actual: how.to_owned(),
        });
    }

    /// Keeps the books of both runs where they differ.
    pub(crate) fn keep_books(&self, result: &mut RunResult) {
        if let Some(reference) = &self.reference {
            reference.keep_books(result);
        }
    }
}
