//! A scenario on a guest, and what of it breaks an invariant.

use crate::record::Outcome;
use crate::scenario::ScenarioFile;
use crate::stage::linux::{BackendError, LinuxBackend};
use crate::stage::news::NewsListener;
use crate::swarm::finding::Finding;
use crate::swarm::judgement::judge;
use prm::Cycles;

/// No operation takes so long that ends at all: the drawn device's limits are a few seconds.
const LIMIT: Cycles = Cycles::from_millis(20_000);

/// Plays scenarios and judges them.
pub trait Player {
    /// Why one could not be played.
    type Error;

    /// Plays a scenario; on a guest that has just booted, if it is to be `fresh`.
    ///
    /// # Errors
    /// What kept it from being played.
    fn play(&mut self, file: &ScenarioFile, fresh: bool) -> Result<Vec<Finding>, Self::Error>;
}

/// Why a scenario could not be played on Linux.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The guest, or what it is made of.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The build of the driver cannot do what the scenario does.
    #[error("Linux cannot play it: {0}")]
    Obstacle(String),
}

/// Plays scenarios on the unmodified driver.
pub struct LinuxPlayer<'a> {
    backend: &'a mut LinuxBackend,
    news: &'a dyn NewsListener,
}

impl<'a> LinuxPlayer<'a> {
    /// A player on guests of this backend. Boots are told to `news`.
    #[must_use]
    pub fn new(backend: &'a mut LinuxBackend, news: &'a dyn NewsListener) -> Self {
        Self { backend, news }
    }
}

impl Player for LinuxPlayer<'_> {
    type Error = PlayError;

    fn play(&mut self, file: &ScenarioFile, fresh: bool) -> Result<Vec<Finding>, PlayError> {
        if fresh {
            self.backend.boot_afresh();
        }
        // What firmware draws besides is the same whoever repeats it.
        let run = self.backend.run_alone(file, 0, LIMIT, self.news)?;
        if run.result.outcome == Outcome::Skip {
            return Err(PlayError::Obstacle(run.result.reason.unwrap_or_default()));
        }
        Ok(judge(file, &run))
    }
}
