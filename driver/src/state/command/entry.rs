//! A command on its way: ready to be sent, and outstanding.

use super::error::{CommandErrorKind, Ticket};
use super::mailbox::Chain;
use prm::command_queue::INLINE_LENGTH;
use prm::{DeliveryStatus, Opcode, Token};
use std::hash::{Hash, Hasher};

/// A command that has all it needs but a slot.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) ticket: Ticket,
    pub(crate) opcode: Opcode,
    pub(super) token: Token,
    pub(super) inline: [u8; INLINE_LENGTH],
    pub(super) input_len: u32,
    pub(super) input: Chain,
    pub(super) output_len: u32,
    pub(super) output: Chain,
}

impl Hash for Prepared {
    /// The token is a name that only this command's mailboxes know.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            ticket,
            opcode,
            token: _,
            inline,
            input_len,
            input,
            output_len,
            output,
        } = self;
        (ticket, opcode, inline, input_len, input, output_len, output).hash(state);
    }
}

/// An outstanding command.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Entry {
    pub(crate) ticket: Ticket,
    pub(crate) opcode: Opcode,
    /// The caller has given up.
    pub(crate) timed_out: bool,
    /// The caller polls, although others learn of their completions by event.
    pub(crate) polled: bool,
    /// All of the output can still be read: its mailboxes were not freed.
    pub(crate) whole: bool,
    /// How it ended, once it has.
    pub(crate) result: Option<Result<DeliveryStatus, CommandErrorKind>>,
    pub(super) input: Chain,
    pub(super) output: Chain,
    pub(super) output_len: usize,
}

/// Whether a command could be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Issue {
    /// It is in this slot.
    Sent(u8),
    /// It is not its turn, or there is no slot.
    Wait {
        /// Nobody is before it: only the slot is missing.
        first: bool,
    },
}
