//! What the driver prints, as data.
//!
//! The texts are the kernel's, as far as somebody would search a log for them. What a real kernel cannot print because it
//! would have crashed ([`MessageKind::OutOfBoundsWrite`] and its like) is printed here too.

mod kind;
mod level;
mod telling;
mod words;

pub use kind::MessageKind;
pub use level::MessageLevel;
pub use telling::{Datum, Row};
pub use words::{AwaitedPages, BusAccess, PageCounter, VfNumber};

use prm::Cycles;
use serde::Serialize;
use std::fmt;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// When it was printed.
    pub at: Cycles,
    /// How loud.
    pub level: MessageLevel,
    /// What it says.
    pub kind: MessageKind,
}

/// What a driver has printed, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages(Vec<Message>);

impl Messages {
    /// Prints.
    pub fn print(&mut self, at: Cycles, kind: MessageKind) {
        tracing::info!(actor = "driver", virtual_ns = at.0, "{kind}");
        self.0.push(Message {
            at,
            level: kind.level(),
            kind,
        });
    }

    /// Everything printed so far.
    #[must_use]
    pub fn all(&self) -> &[Message] {
        &self.0
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}
