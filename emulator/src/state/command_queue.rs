//! The command queue of an endpoint: where it lies, and what is in its slots.

use crate::state::reception::Reception;
use prm::{Cycles, Iova};
use std::collections::VecDeque;

/// log2 of the number of command queue entries.
pub(crate) const LOG_QUEUE_SIZE: u8 = 5;
/// log2 of the distance of command queue entries in bytes.
pub(crate) const LOG_QUEUE_STRIDE: u8 = 6;
/// Number of entries.
pub(crate) const ENTRIES: u8 = 1 << LOG_QUEUE_SIZE;

/// Where the queue lies and what is in its slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandQueue {
    address_high: u32,
    address_low: Option<u32>,
    /// Number of the command in each slot that the device owns.
    pub(crate) slots: [Option<u64>; ENTRIES as usize],
    /// When the doorbell of a slot was rung whose entry was not looked at since.
    pub(crate) rung: [Option<Cycles>; ENTRIES as usize],
    /// The command that is being fetched.
    pub(crate) reception: Option<Box<Reception>>,
    /// Serial firmware: commands in the order of their doorbells.
    pub(crate) queued: VecDeque<u64>,
    /// Serial firmware: the command it works on.
    pub(crate) serving: Option<u64>,
}

impl CommandQueue {
    pub(crate) const fn address_high(&self) -> u32 {
        self.address_high
    }

    pub(crate) fn set_address_high(&mut self, high: u32) {
        self.address_high = high;
    }

    pub(crate) fn set_address_low(&mut self, low: u32) {
        self.address_low = Some(low);
    }

    /// Bus address of an entry; none while the driver has not told where the queue lies.
    pub(crate) fn entry(&self, slot: u8) -> Option<Iova> {
        let base = u64::from(self.address_high) << 32 | u64::from(self.address_low?);
        Some(Iova(base.wrapping_add(u64::from(slot) << LOG_QUEUE_STRIDE)))
    }

    pub(crate) fn free(&mut self, number: u64) {
        self.slots
            .iter_mut()
            .filter(|slot| **slot == Some(number))
            .for_each(|slot| *slot = None);
    }

    /// The first slot whose doorbell was rung, and when; it is not rung any more.
    pub(crate) fn next_rung(&mut self) -> Option<(u8, Cycles)> {
        let mut slots = (0..ENTRIES).zip(&mut self.rung);
        slots.find_map(|(slot, rung)| Some((slot, rung.take()?)))
    }

    /// Whether there are slots whose doorbell was rung.
    pub(crate) fn has_rung(&self) -> bool {
        self.rung.iter().any(Option::is_some)
    }

    /// Empties all slots.
    pub(crate) fn clear(&mut self) {
        self.rung = [None; ENTRIES as usize];
        self.reception = None;
        self.slots = [None; ENTRIES as usize];
        self.queued.clear();
        self.serving = None;
    }
}
