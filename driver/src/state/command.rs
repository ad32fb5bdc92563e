//! The command interface: its queue, how completions are learnt, what may be sent.
//!
//! * `slots`, `lane` - the queue and its slots
//! * `mailbox` - input and output beyond 16 bytes, in a pool with its weakness
//! * `error` - why a command has no output

mod error;
mod lane;
mod mailbox;
mod slots;

pub use error::{CommandError, CommandErrorKind, LateCompletion, Ticket};
pub(crate) use lane::Lane;
pub(crate) use slots::{Issue, MOST_SLOTS, Prepared, Queue};

use prm::Opcode;
use prm::saturated;

/// The command interface's part of the driver's state.
#[derive(Clone, Debug, Default)]
pub struct CommandState {
    pub(crate) queue: Queue,
    pub(crate) mode: Mode,
    pub(crate) gate: Gate,
    /// The interface can be used (`MLX5_CMDIF_STATE_UP`).
    pub(crate) up: bool,
}

impl CommandState {
    /// Slots that a time-out has cost and no completion has given back.
    #[must_use]
    pub fn lost_slots(&self) -> u32 {
        saturated::<u32>(self.queue.lost().count())
    }

    /// The command interface may be used.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up
    }
}

/// How the driver learns that a command has completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// By looking at the queue entry until the owner bit clears.
    #[default]
    Polling,
    /// By an event.
    Events,
}

/// Which commands may be sent (`allowed_opcode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Gate {
    /// All.
    #[default]
    Open,
    /// This one.
    Only(Opcode),
}
