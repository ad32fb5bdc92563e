//! Why a race cannot be explored, or not any further.

use crate::explore::plan::NoRace;
use driver_host::Halt;
use emulator::ConfigError;
use thiserror::Error;

/// See the module's head.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RaceHalt {
    /// It is none.
    #[error(transparent)]
    NoRace(#[from] NoRace),
    /// The device cannot be built.
    #[error("the device cannot be built: {0}")]
    Device(String),
    /// A driver or the device did what it had not announced: what a search concludes from announcements cannot be believed.
    #[error(transparent)]
    Surprise(#[from] Halt),
    /// What comes before the race does not come to its end.
    #[error("step {step}, before the race, {why}")]
    Before {
        /// Which step, from 1.
        step: usize,
        /// What it does instead.
        why: String,
    },
    /// What was chosen cannot happen here.
    #[error("`{0}` cannot happen here")]
    NotPossible(String),
    /// Things go on and on without anybody's choosing.
    #[error("after `{0}` things go on without end")]
    Endless(String),
}

impl From<ConfigError> for RaceHalt {
    fn from(error: ConfigError) -> Self {
        Self::Device(error.to_string())
    }
}
