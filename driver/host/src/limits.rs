//! How far a run may go.

use prm::Cycles;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Steps of tasks and actions of the device in the whole run.
    pub events: u64,
    /// Virtual time of one scenario step, beyond what the step itself lets pass.
    pub time_per_step: Cycles,
}

/// Virtual time that a step may take: half an hour. The longest one of the project, four commands in a row that are never
/// answered, takes 520 s.
const TIME_PER_STEP: Cycles = Cycles::from_secs(30 * 60);

impl Default for Limits {
    fn default() -> Self {
        Self {
            events: 20_000_000,
            time_per_step: TIME_PER_STEP,
        }
    }
}

/// A run went further than it may.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exhausted {
    /// Too many events.
    #[error("has not ended after {0} events of the run")]
    Events(u64),
    /// Too much time.
    #[error("has not ended after {} virtual seconds", .0.as_millis() / 1000)]
    Time(Cycles),
}
