//! What an event queue is for.

/// The queues, in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// Completions of commands.
    Command,
    /// All events that have no queue of their own.
    Async,
    /// Page requests.
    Pages,
    /// Completions of the network device's queues.
    Completions,
}

impl Role {
    /// The interrupt vector.
    pub(crate) const fn vector(self) -> u16 {
        match self {
            Self::Command | Self::Async | Self::Pages => VECTOR,
            Self::Completions => COMPLETION_VECTOR,
        }
    }

    /// Base-2 logarithm of the number of entries, spare ones included.
    pub(crate) const fn log_size(self) -> u8 {
        match self {
            Self::Command | Self::Pages => 8,
            Self::Async => 13,
            Self::Completions => 11,
        }
    }
}

/// The interrupt vector of the first three, which share one.
const VECTOR: u16 = 0;

/// The interrupt vector of the completions.
const COMPLETION_VECTOR: u16 = 1;
