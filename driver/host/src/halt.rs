//! Why a world stopped that should have gone on.

use crate::limits::Exhausted;
use driver::runtime::{RunStop, Surprise};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// See the module's head.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    /// It went too far.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// A step did more than it had announced.
    #[error(transparent)]
    Surprise(#[from] Surprise),
    /// A task was made again, and went another way than it had.
    #[error("`{0}` cannot be made again: what it had seen leads another way now")]
    Strayed(String),
    /// An act of the device did more than it had declared: which one, in words.
    #[error("{0}")]
    DeviceSurprise(String),
}

impl From<RunStop> for Halt {
    fn from(stop: RunStop) -> Self {
        match stop {
            RunStop::Surprise(surprise) => surprise.into(),
            RunStop::Strayed(task) => Self::Strayed(task),
        }
    }
}
