//! Our driver's run of the scenario, beside the run that is judged.

use super::outcomes::Outcomes;
use super::{books, messages};
use crate::judge::expectations::{self, StepOutcome};
use crate::record::aspect::Aspect;
use crate::record::measured::Duration;
use crate::record::result::{DIED, Mismatch, RunResult, StepRecord, Violation};
use crate::scenario::outcome::without;
use crate::scenario::{End, ScenarioFile, Step};
use crate::stage::abilities::Insight;
use crate::stage::foresight::Foreseen;
use crate::stage::heard::Heard;
use driver::RevisionName;
use emulator::order::FirmwareOrder;
use prm::Cycles;
use std::collections::BTreeSet;

/// See the module's head.
pub(crate) struct Reference<'a> {
    scenario: &'a ScenarioFile,
    judged_as: RevisionName,
    run: &'a RunResult,
    /// What the file leaves open.
    outcomes: Outcomes<'a>,
}

impl<'a> Reference<'a> {
    /// `run` is our driver's, of the revision that the other driver is judged as.
    pub(crate) fn new(scenario: &'a ScenarioFile, judged_as: RevisionName, run: &'a RunResult) -> Self {
        Self {
            scenario,
            judged_as,
            run,
            outcomes: Outcomes::new(scenario, judged_as),
        }
    }

    fn step(&self, number: u32) -> Option<&'a StepRecord> {
        self.run.steps.iter().find(|record| record.number == number)
    }

    /// What our driver's run says of a step (numbered from 1) before it is done.
    pub(crate) fn foresees(&self, number: u32, step: &Step) -> Foreseen {
        let ended = |record: &StepRecord| record.after.virtual_ns;
        let before = number.checked_sub(1).and_then(|number| self.step(number));
        let began = before.map_or(0, ended);
        let ours = self.step(number);
        Foreseen {
            step: number,
            ends: ours.is_none_or(|record| record.returns.is_some() || step.background),
            pending: ours.is_some_and(|record| record.pending),
            takes: Cycles(ours.map_or(0, ended).saturating_sub(began)),
            dies: ours.is_some_and(|record| record.wrote_astray),
        }
    }

    /// What the file leaves open after a step, by name: the outcomes decide it.
    pub(crate) fn decided_at(&self, number: u32) -> BTreeSet<String> {
        self.outcomes.decided_at(number)
    }

    /// Marks what is expected to break: what is in our driver's run.
    pub(crate) fn expect(&self, broken: &mut [Violation]) {
        for violation in broken {
            violation.expected = self.run.violations.iter().any(|ours| {
                ours.expected
                    && (&ours.invariant, &ours.subject) == (&violation.invariant, &violation.subject)
            });
        }
    }

    /// A driver that is loaded has to show its counters.
    pub(crate) fn demand_counters(&self, record: &StepRecord, mismatches: &mut Vec<Mismatch>) {
        books::are_shown(&self.scenario.device, record, mismatches);
    }

    /// Compares a step with the outcomes that the file allows, and with our driver's.
    pub(crate) fn compare_step(&mut self, step: &Step, record: &StepRecord, result: &mut RunResult) {
        result.mismatches.extend(self.outcomes.narrow(record));
        if let Some(ours) = self.step(record.number) {
            let decided = self.outcomes.decided_at(record.number);
            books::with_ours(ours, record, step.background, &decided, result);
            if let (Some(took), Some(ours)) = (record.took_ns, ours.took_ns) {
                let measured = result.measured.get_or_insert_default();
                let duration = Duration::new(record.number, &record.what, took, ours);
                measured.durations.push(duration);
            }
        }
    }

    /// Compares what came late, after the last step. What differs already has been told.
    pub(crate) fn compare_late(&self, late: &StepRecord, result: &mut RunResult) {
        let told = |mismatch: &Mismatch| mismatch.step == Some(late.number);
        if let Some(ours) = self
            .run
            .steps
            .last()
            .filter(|_| !result.mismatches.iter().any(told))
        {
            let decided = self.outcomes.decided_at(late.number);
            books::with_ours(ours, late, true, &decided, result);
        }
    }

    /// Compares what is known only at the end: messages, the kernel's health, what still runs. `failed` says that an
    /// operation ended with an error, `last` is the number of the last step.
    pub(crate) fn compare_end(
        &self,
        heard: &Heard,
        failed: bool,
        pending: bool,
        last: u32,
        result: &mut RunResult,
    ) {
        let steps = self.scenario.in_file_order();
        let mut disturbed = steps.filter_map(|step| step.firmware);
        let caused = failed || disturbed.any(|order| disturbs(&order));
        messages::warnings(self.run, heard, &self.outcomes.warnings(), caused, result);
        let all = Outcomes::new(self.scenario, self.judged_as);
        result.mismatches.extend(all.check_ours(self.run));
        let foretold = books::crash_is_foretold(self.run, last);
        messages::complaints(foretold, &heard.complaints, result);
        let end = self.scenario.expect.get(self.judged_as);
        let mut expected = end.map(End::books).unwrap_or_default();
        // An operation that hangs has to be foreseen.
        expected.pending = Some(expected.pending.unwrap_or(false));
        if let Some(last) = result.steps.last() {
            let outcome = StepOutcome {
                pending,
                ..StepOutcome::of(last)
            };
            expectations::compare_books(
                None,
                &without(expected, &self.outcomes.decided_at(last.number)),
                &last.after,
                &outcome,
                Insight::Counters,
                &mut result.mismatches,
            );
        }
    }

    /// A machine that died: as foretold, if our driver wrote where it must not by then.
    pub(crate) fn judge_death(&self, how: &str, heard: &Heard, last: u32, result: &mut RunResult) {
        messages::warnings_so_far(self.run, heard, result);
        if !books::crash_is_foretold(self.run, last) {
            result.mismatches.push(Mismatch {
                step: Some(last),
                what: Aspect::Other("the guest".to_owned()),
                expected: "alive".to_owned(),
                actual: format!("dead ({how})"),
            });
        }
        result.warnings.push(format!("{DIED}{how}"));
    }

    /// The books of both runs for a run that differs in something else.
    pub(crate) fn keep_books(&self, result: &mut RunResult) {
        books::books_of_both(self.run, result);
    }
}

/// Whether a driver may complain of what comes of an order.
fn disturbs(order: &FirmwareOrder) -> bool {
    match order {
        FirmwareOrder::Answer(_)
        | FirmwareOrder::Reset {}
        | FirmwareOrder::DeviceError(_)
        | FirmwareOrder::Link(_) => true,
        FirmwareOrder::When(rule) => rule.then.iter().any(disturbs),
        _ => false,
    }
}
