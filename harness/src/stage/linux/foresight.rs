//! What our driver's run of a step tells of the step before Linux does it.

use crate::record::{RunResult, StepRecord};
use crate::scenario::Step;
use prm::Cycles;

/// What our driver's run of a step was like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreseen {
    /// The operation that it started or joined ended in it.
    pub(super) ends: bool,
    /// An operation still ran after it.
    pub(super) pending: bool,
    /// How long it took.
    pub(super) takes: Cycles,
}

impl Foreseen {
    /// Of the step with this number, counted from 1.
    pub(super) fn of(reference: &RunResult, number: u32, step: &Step) -> Self {
        let find = |number: u32| reference.steps.iter().find(|record| record.number == number);
        let ended = |record: &StepRecord| record.after.virtual_ns;
        let began = number.checked_sub(1).and_then(find).map_or(0, ended);
        let ours = find(number);
        Self {
            ends: ours.is_none_or(|record| record.returns.is_some() || step.background),
            pending: ours.is_some_and(|record| record.pending),
            takes: Cycles(ours.map_or(0, ended).saturating_sub(began)),
        }
    }
}
