//! What a task is for.

use crate::operation::HostOperation;
use prm::function::Function;
use std::fmt;

/// What a task does for its driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Lets firmware be reset.
    FirmwareReset,
    /// Does what a test says.
    #[cfg(test)]
    Test,
}

impl TaskRole {
    /// The role in a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Host(operation) => operation.name(),
            Self::Interrupt => "interrupt",
            Self::PageWorker => "page_worker",
            Self::EswitchWorker => "eswitch_worker",
            Self::VhcaStateWorker => "vhca_state_worker",
            Self::HealthPoll => "health_poll",
            Self::Health => "health",
            Self::FirmwareReset => "firmware_reset",
            #[cfg(test)]
            Self::Test => "test",
        }
    }
}

impl fmt::Display for TaskRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whose task it is, and what for. In words it is the beginning of the task's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// What a task is called: its purpose, and which of the living ones with that purpose it is. Recorded schedules and snapshots know
/// tasks by name, and must not change with every task that is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskName {
    function: Function,
    role: &'static str,
    /// From 1; the first one has none in its name.
    ordinal: u32,
}

impl TaskName {
    /// The first task of this purpose.
    #[must_use]
    pub const fn first(purpose: TaskPurpose) -> Self {
        Self {
            function: purpose.function,
            role: purpose.role.word(),
            ordinal: 1,
        }
    }

    /// The first task of the same purpose.
    #[must_use]
    pub const fn first_of_its_purpose(self) -> Self {
        Self { ordinal: 1, ..self }
    }

    /// Whether it handles an interrupt.
    #[must_use]
    pub fn is_interrupt(self) -> bool {
        self.role == TaskRole::Interrupt.word()
    }

    /// The next one of the same purpose.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            ordinal: self.ordinal + 1,
            ..self
        }
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.function, self.role)?;
        match self.ordinal {
            1 => Ok(()),
            ordinal => write!(f, " ({ordinal})"),
        }
    }
}
