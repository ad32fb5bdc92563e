//! The command interface: its queue, how completions are learnt, what may be sent.
//!
//! * `slots`, `lane`, `semaphores` - the queue and its slots, and who may have one
//! * `entry` - a command on its way
//! * `pool` - mailboxes, tokens, tickets
//! * `unread` - what somebody has yet to read
//! * `mailbox` - input and output beyond 16 bytes, in a pool with its weakness
//! * `error` - why a command has no output

mod entry;
mod error;
mod lane;
mod mailbox;
mod pool;
mod semaphores;
mod slots;
mod unread;

pub(crate) use entry::{Issue, Prepared};
pub use error::{CommandError, CommandErrorKind, LateCompletion, Ticket};
pub(crate) use lane::Lane;
pub(crate) use slots::{MOST_SLOTS, Queue};

use crate::runtime::Object;
use crate::state::noting::used;
use parts::{Part, Touch};
use prm::Opcode;

/// The command interface's part of the driver's state.
#[derive(Clone, Debug, Default, Hash)]
pub struct CommandState {
    pub(crate) queue: Queue,
    pub(crate) mode: Part<Mode>,
    pub(crate) gate: Part<Gate>,
    /// The interface can be used (`MLX5_CMDIF_STATE_UP`).
    pub(crate) up: Part<bool>,
}

impl CommandState {
    /// Slots that a time-out has cost and no completion has given back.
    #[must_use]
    pub fn lost_slots(&self) -> u32 {
        self.queue.lost_in_all()
    }

    /// The command interface may be used.
    #[must_use]
    pub fn is_up(&self) -> bool {
        *self.up
    }

    /// Notes of use, by object.
    pub(super) fn take_touches(&self, take: &mut dyn FnMut(Object, Touch)) {
        self.queue.take_touches(take);
        used(take, Object::CommandMode, self.mode.take_touch());
        used(take, Object::CommandMode, self.gate.take_touch());
        used(take, Object::CommandMode, self.up.take_touch());
    }
}

/// How the driver learns that a command has completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// By looking at the queue entry until the owner bit clears.
    #[default]
    Polling,
    /// By an event.
    Events,
}

/// Which commands may be sent (`allowed_opcode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Gate {
    /// All.
    #[default]
    Open,
    /// This one.
    Only(Opcode),
}
