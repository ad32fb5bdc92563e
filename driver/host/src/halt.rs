//! Why a world stopped that should have gone on.

use crate::limits::Exhausted;
use driver::runtime::ScheduleMismatch;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// See the module's head.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    /// It went too far.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// A recorded schedule cannot be followed.
    #[error(transparent)]
    Schedule(#[from] ScheduleMismatch),
}
