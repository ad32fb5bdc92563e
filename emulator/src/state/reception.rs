//! Commands that are being fetched, and whose turn it is.

use crate::state::mailbox::{Chain, Walk};
use prm::command_queue::CommandEntry;
use prm::{Cycles, Function, Iova};
use std::collections::VecDeque;

/// Functions whose doorbells rang and whose commands have not all been fetched.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Inflow {
    /// In the order of their turns.
    pub(crate) turns: VecDeque<Function>,
    /// Those whose next command has to wait until others are over.
    pub(crate) crowded: Vec<Function>,
}

impl Inflow {
    /// Whether nobody has anything to fetch.
    pub(crate) fn is_empty(&self) -> bool {
        self.turns.is_empty() && self.crowded.is_empty()
    }

    /// Whether there is anything to fetch now.
    pub(crate) fn is_due(&self) -> bool {
        !self.turns.is_empty()
    }

    pub(crate) fn enter(&mut self, endpoint: Function) {
        if !self.turns.contains(&endpoint) && !self.crowded.contains(&endpoint) {
            self.turns.push_back(endpoint);
        }
    }

    /// A command is over: there may be room for those that wait.
    pub(crate) fn room_again(&mut self) {
        self.turns.extend(self.crowded.drain(..));
    }
}

/// A command whose entry was read and whose chains are being followed.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Reception {
    pub(crate) slot: u8,
    pub(crate) entry_at: Iova,
    pub(crate) entry: CommandEntry,
    pub(crate) rung: Cycles,
    pub(crate) input: Vec<u8>,
    pub(crate) output_mailboxes: Vec<Iova>,
    pub(crate) leg: Leg,
}

#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum Leg {
    Input(Walk),
    Output(Walk),
}

impl Reception {
    pub(crate) fn new(slot: u8, entry_at: Iova, entry: CommandEntry, rung: Cycles, input: Chain) -> Self {
        Self {
            slot,
            entry_at,
            input: entry.inline_input().to_vec(),
            entry,
            rung,
            output_mailboxes: Vec::new(),
            leg: Leg::Input(input.walk()),
        }
    }

    /// Bytes of input and output.
    pub(crate) fn weight(&self) -> u64 {
        u64::from(self.entry.input_length()) + u64::from(self.entry.output_length())
    }

    /// Whether nothing beyond the entry was read yet.
    pub(crate) fn input_is_new(&self) -> bool {
        self.input.len() <= prm::command_queue::INLINE_LENGTH && self.output_mailboxes.is_empty()
    }
}
