//! Why a run stops before its last step.

use driver_host::{Halt, HostLost, HostStop};

/// Why a stage cannot go on. `B` is what breaks a stage so that nobody can judge the driver.
#[derive(Debug)]
pub enum Stop<B> {
    /// The run is stopped; its books are shown all the same.
    Halted(Halt),
    /// What the driver runs in has died: the driver may be to blame. How, in words.
    Died(String),
    /// It went wrong for another reason than the driver's. Which, in words.
    Unusable(String),
    /// The stage itself failed.
    Broken(B),
}

impl<B: From<HostLost>> From<HostStop> for Stop<B> {
    fn from(stop: HostStop) -> Self {
        match stop {
            HostStop::Halted(halt) => Self::Halted(halt),
            HostStop::Lost(lost) => Self::Broken(lost.into()),
        }
    }
}

impl<B> From<Halt> for Stop<B> {
    fn from(halt: Halt) -> Self {
        Self::Halted(halt)
    }
}
