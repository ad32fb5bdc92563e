//! Who may have a slot: the kernel's two semaphores.

use super::error::Ticket;
use std::collections::VecDeque;

/// Who may have a regular slot (the kernel's semaphore `sem`, and its work queue).
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct RegularSlots {
    /// Slots nobody has taken. A change of mode takes them too, without a command.
    pub(crate) free: usize,
    /// Commands in the order they came. The first is being handled.
    pub(crate) turn: VecDeque<Ticket>,
    /// A bit for each slot with a command.
    pub(super) taken: u32,
    /// A bit for each slot whose command timed out and has not completed since.
    pub(super) lost: u32,
}

/// Who may have the page slot (the kernel's semaphore `pages_sem`).
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct PageSlot {
    /// Nobody has it, a change of mode included.
    pub(crate) free: bool,
    /// Who waits for it, in order: commands, and changes of mode. It is handed from one to the next, as the kernel's semaphores
    /// are.
    pub(super) line: VecDeque<Ticket>,
    /// Its command timed out and has not completed since.
    pub(super) lost: bool,
}

impl PageSlot {
    /// Whether it is free, and this one's turn.
    pub(crate) fn is_for(&self, ticket: Ticket) -> bool {
        self.free && self.line.front() == Some(&ticket)
    }
}
