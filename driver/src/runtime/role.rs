//! What a task is for.

use crate::operation::HostOperation;
use prm::function::Function;
use std::fmt;

/// What a task does for its driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskRole {
    /// Carries out what the host asked for.
    Host(HostOperation),
    /// Handles an interrupt.
    Interrupt,
    /// Serves page requests.
    PageWorker,
    /// Serves the eswitch's queue.
    EswitchWorker,
    /// Serves changes of scalable functions' states.
    VhcaStateWorker,
    /// Looks at the device's health.
    HealthPoll,
    /// Brings a lost device back.
    Health,
    /// Does what a test says.
    #[cfg(test)]
    Test,
}

impl fmt::Display for TaskRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host(operation) => operation.name(),
            Self::Interrupt => "interrupt",
            Self::PageWorker => "page_worker",
            Self::EswitchWorker => "eswitch_worker",
            Self::VhcaStateWorker => "vhca_state_worker",
            Self::HealthPoll => "health_poll",
            Self::Health => "health",
            #[cfg(test)]
            Self::Test => "test",
        })
    }
}

/// Whose task it is, and what for. In words it is the beginning of the task's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskPurpose {
    /// The function whose driver started it.
    pub function: Function,
    /// What it does.
    pub role: TaskRole,
}

impl fmt::Display for TaskPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.function, self.role)
    }
}
