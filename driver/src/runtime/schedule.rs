//! Who runs next: the only place where a run has a choice.

use super::announcement::Announcement;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use thiserror::Error;

/// A task that could run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name, unique in the run.
    pub name: String,
    /// What it will touch first.
    pub access: Announcement,
}

/// A choice that was made: the task that ran, where more than one could have.
pub type Choice = String;

/// A recorded schedule does not fit the run any more.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[error("the schedule wants `{wanted}` next, but only {present:?} can run")]
pub struct ScheduleMismatch {
    /// The task that should have run.
    pub wanted: String,
    /// The tasks that could.
    pub present: Vec<String>,
}

/// Picks the next task.
pub trait Scheduler {
    /// The index of the task to run, out of `candidates`, which holds at least two and is in order of readiness.
    ///
    /// # Errors
    /// [`ScheduleMismatch`] when a recorded schedule cannot be followed.
    fn choose(&mut self, candidates: &[Candidate]) -> Result<usize, ScheduleMismatch>;

    /// Whether others may run at points that are none but for an explorer.
    fn splits(&self) -> bool {
        false
    }
}

/// Whoever became ready first runs first.
#[derive(Clone, Copy, Debug, Default)]
pub struct InOrder;

impl Scheduler for InOrder {
    fn choose(&mut self, _candidates: &[Candidate]) -> Result<usize, ScheduleMismatch> {
        Ok(0)
    }
}

/// Draws uniformly from a seed.
#[derive(Clone, Debug)]
pub struct Seeded(ChaCha8Rng);

impl Seeded {
    /// A schedule that `seed` alone decides.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }
}

impl Scheduler for Seeded {
    fn choose(&mut self, candidates: &[Candidate]) -> Result<usize, ScheduleMismatch> {
        let draw = self.0.next_u64() % candidates.len() as u64;
        Ok(usize::try_from(draw).unwrap_or(0))
    }
}

/// Follows a list of names, and then the order of readiness.
#[derive(Clone, Debug)]
pub struct Recorded(VecDeque<Choice>);

impl Recorded {
    /// A schedule that repeats `choices`.
    #[must_use]
    pub fn new(choices: impl IntoIterator<Item = Choice>) -> Self {
        Self(choices.into_iter().collect())
    }
}

impl Scheduler for Recorded {
    fn choose(&mut self, candidates: &[Candidate]) -> Result<usize, ScheduleMismatch> {
        let Some(wanted) = self.0.pop_front() else {
            return Ok(0);
        };
        candidates
            .iter()
            .position(|candidate| candidate.name == wanted)
            .ok_or_else(|| ScheduleMismatch {
                wanted,
                present: candidates
                    .iter()
                    .map(|candidate| candidate.name.clone())
                    .collect(),
            })
    }
}
