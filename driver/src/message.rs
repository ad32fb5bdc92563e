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
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
pub struct Message {
    /// When it was printed.
    pub at: Cycles,
    /// How loud.
    pub level: MessageLevel,
    /// What it says.
    pub kind: MessageKind,
}

/// What a driver has printed, in order. Copies share it until one of them prints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Messages(Arc<Vec<Message>>);

impl Messages {
    /// Prints.
    pub fn print(&mut self, at: Cycles, kind: MessageKind) {
        tracing::info!(actor = "driver", virtual_ns = at.0, "{kind}");
        Arc::make_mut(&mut self.0).push(Message {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_reads_back_as_it_was_written() {
        for seed in [0, 1, 77, u8::MAX] {
            for kind in MessageKind::examples(seed) {
                let message = Message {
                    at: Cycles(u64::MAX),
                    level: kind.level(),
                    kind,
                };
                let text = serde_json::to_string(&message).unwrap();
                assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message, "{text}");
            }
        }
    }

    #[test]
    fn a_message_that_nobody_prints_does_not_read_back() {
        for wrong in [
            r#"{"all_slots_stalled":{}}"#,
            r#""late_completion""#,
            r#"{"no_such_message":{}}"#,
            r#"{"command_timed_out":{"opcode":"NO_SUCH_COMMAND","slot":1}}"#,
            r#"{"page_wait_timed_out":{"what":"nobody's"}}"#,
        ] {
            assert!(serde_json::from_str::<MessageKind>(wrong).is_err(), "{wrong}");
        }
    }
}
