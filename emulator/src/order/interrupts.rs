//! What may become of interrupts: those of a queue that exists, from now on.

use prm::EventType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which of a driver's event queues, by what it takes. A driver that has one queue for everything has it under every name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueKind {
    /// Completions of commands.
    Commands,
    /// What has no queue of its own: changes of ports, vports and functions.
    Async,
    /// Page requests.
    Pages,
}

impl QueueKind {
    /// A type of events that goes to it, by which it is found.
    pub(crate) const fn event(self) -> EventType {
        match self {
            Self::Commands => EventType::CommandCompletion,
            // Every driver of this interface takes it in its asynchronous queue (`gather_async_events_mask`).
            Self::Async => EventType::PortChange,
            Self::Pages => EventType::PageRequest,
        }
    }

    /// The queue, as a part of a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Commands => "the command queue's event queue",
            Self::Async => "the asynchronous event queue",
            Self::Pages => "the page request queue",
        }
    }
}

/// A rule about the interrupts that a queue is going to raise. It is the queue's: one that is made anew has none. A queue's rules
/// apply one after the other, in the order of installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterruptRule {
    /// Whose interrupts.
    pub queue: QueueKind,
    /// What becomes of the next one.
    pub next: InterruptFate,
    /// How many of them (absent: one; 0: all from now on).
    #[serde(default = "super::firmware::once")]
    pub times: u32,
}

/// What becomes of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InterruptFate {
    /// The device has raised it, and nobody hears it: an event without its interrupt. The driver finds the event when another
    /// queue of the vector interrupts, or when it looks by itself (`lost-in-vf-wait`).
    Lose {},
    /// It comes only after this delay: by then the driver may have found the event, and the interrupt tells of nothing
    /// (`late-beyond-limit`).
    Late {
        /// Delay on the virtual clock.
        after_ms: u32,
    },
    /// It comes once so many events wait: one for all of them (`merged-requests`).
    Merge {
        /// How many.
        events: u32,
    },
}

impl InterruptFate {
    /// What becomes of it, as the rest of a sentence that begins with the interrupt.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Lose {} => "is lost".to_owned(),
            Self::Late { after_ms } => format!("comes only after {}", super::answer::time(after_ms)),
            Self::Merge { events } => format!("comes once {events} events wait"),
        }
    }
}

/// An interrupt without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpuriousInterrupt {
    /// Whose vector is raised. Whether the queue is armed does not matter, and does not change.
    pub queue: QueueKind,
}
