//! How a scenario is run.

use crate::record::timeline::Keep;
use driver_host::{Limits, Schedule};

/// How to run a scenario.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Decides what firmware draws and, without a recorded schedule, what happens next of all that can. Without a seed that goes in
    /// order.
    pub seed: Option<u64>,
    /// The choices to repeat.
    pub schedule: Option<Vec<String>>,
    /// How far the run may go.
    pub limits: Limits,
    /// What it keeps of what happens.
    pub keep: Keep,
}

impl RunOptions {
    /// Who runs next.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        match (&self.schedule, self.seed) {
            (Some(choices), _) => Schedule::Recorded(choices.clone()),
            (None, Some(seed)) => Schedule::Seeded(seed),
            (None, None) => Schedule::InOrder,
        }
    }
}
