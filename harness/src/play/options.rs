//! How a scenario is run.

use crate::record::timeline::Keep;
use driver::runtime::{Choice, InOrder, Recorded, Scheduler, Seeded};
use driver_host::Limits;

/// How to run a scenario.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Decides what firmware draws and, without a recorded schedule, which task runs next. Without a seed the task runs
    /// that has been ready longest.
    pub seed: Option<u64>,
    /// The choices to repeat.
    pub schedule: Option<Vec<Choice>>,
    /// How far the run may go.
    pub limits: Limits,
    /// What it keeps of what happens.
    pub keep: Keep,
}

impl RunOptions {
    pub(super) fn scheduler(&self) -> Box<dyn Scheduler> {
        match (&self.schedule, self.seed) {
            (Some(choices), _) => Box::new(Recorded::new(choices.iter().cloned())),
            (None, Some(seed)) => Box::new(Seeded::new(seed)),
            (None, None) => Box::new(InOrder),
        }
    }
}
