//! The command queue of an endpoint: where it lies, and what is in its slots.

use crate::state::numbers::CommandNumber;
use crate::state::reception::Reception;
use parts::{Part, Parts};
use prm::{Cycles, Iova};
use std::collections::VecDeque;

/// log2 of the number of command queue entries.
pub(crate) const LOG_QUEUE_SIZE: u8 = 5;
/// log2 of the distance of command queue entries in bytes.
pub(crate) const LOG_QUEUE_STRIDE: u8 = 6;
/// Number of entries.
pub(crate) const ENTRIES: u8 = 1 << LOG_QUEUE_SIZE;

/// Where the queue lies and what is in its slots.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct CommandQueue {
    pub(crate) address: Part<QueueAddress>,
    /// Number of the command in each slot that the device owns.
    pub(crate) slots: Parts<u8, CommandNumber>,
    pub(crate) doorbells: Part<Doorbells>,
    pub(crate) line: Part<Line>,
}

/// Where the queue lies, as its two registers tell.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct QueueAddress {
    high: u32,
    low: Option<u32>,
}

/// What was announced and is not a command yet. Where a doorbell is followed to its end at once, there is nothing of this once
/// it has been.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Doorbells {
    /// When the doorbell of a slot was rung whose entry was not looked at since.
    pub(crate) rung: [Option<Cycles>; ENTRIES as usize],
    /// The command that is being fetched.
    pub(crate) reception: Option<Box<Reception>>,
}

/// Serial firmware: whose turn it is.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Line {
    /// Commands in the order of their doorbells.
    pub(crate) queued: VecDeque<CommandNumber>,
    /// The command that firmware works on.
    pub(crate) serving: Option<CommandNumber>,
}

impl CommandQueue {
    pub(crate) fn address_high(&self) -> u32 {
        self.address.high
    }

    pub(crate) fn set_address_high(&mut self, high: u32) {
        self.address.high = high;
    }

    pub(crate) fn set_address_low(&mut self, low: u32) {
        self.address.low = Some(low);
    }

    /// Bus address of an entry; none while the driver has not told where the queue lies.
    pub(crate) fn entry(&self, slot: u8) -> Option<Iova> {
        let base = u64::from(self.address.high) << 32 | u64::from(self.address.low?);
        Some(Iova(base.wrapping_add(u64::from(slot) << LOG_QUEUE_STRIDE)))
    }

    /// A command is out of its slot, or gone: another one may be in the slot by now.
    pub(crate) fn free(&mut self, slot: u8, number: CommandNumber) {
        if self.slots.get_mut(&slot).is_some_and(|used| *used == number) {
            self.slots.remove(&slot);
        }
    }

    /// Empties all slots.
    pub(crate) fn clear(&mut self) {
        *self.doorbells = Doorbells::default();
        self.slots.clear();
        *self.line = Line::default();
    }
}

impl Doorbells {
    /// The first slot whose doorbell was rung, and when; it is not rung any more.
    pub(crate) fn next_rung(&mut self) -> Option<(u8, Cycles)> {
        let mut slots = (0..ENTRIES).zip(&mut self.rung);
        slots.find_map(|(slot, rung)| Some((slot, rung.take()?)))
    }

    /// Whether there is anything left to fetch.
    pub(crate) fn are_open(&self) -> bool {
        self.reception.is_some() || self.rung.iter().any(Option::is_some)
    }
}
