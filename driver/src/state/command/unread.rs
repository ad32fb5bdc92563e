//! What of the memory that driver and device share somebody has yet to read.

use super::slots::Queue;
use crate::device_bus::Bus;
use prm::Iova;
use prm::command_queue::{CommandEntry, MAILBOX_DATA_LENGTH};

impl Queue {
    /// What the device and whoever sent a command may still read of it: by slot, the entry, the input, the output.
    pub(crate) fn unread(&self, bus: &Bus) -> Vec<(u8, Vec<u8>)> {
        let outstanding = self.entries.peek().iter().map(|(&slot, entry)| {
            let blocks = entry.input.blocks().chain(entry.output.blocks());
            let mut bytes = vec![0; CommandEntry::SIZE];
            // What cannot be read says nothing.
            let _unreadable = bus.read_memory(self.at(slot), &mut bytes);
            for block in blocks {
                let mut data = [0; MAILBOX_DATA_LENGTH];
                let _unreadable = bus.read_memory(block, &mut data);
                bytes.extend_from_slice(&data);
            }
            (slot, bytes)
        });
        outstanding.collect()
    }

    /// The free mailboxes.
    pub(crate) fn free_blocks(&self, bus: &Bus) -> Vec<Iova> {
        self.pool.peek().mailboxes.free_blocks(bus)
    }
}
