//! How a command goes back to its driver: outputs first, the owner bit last.

use crate::bus::Buses;
use crate::record::{Corruption, Record};
use crate::state::mailbox::write_output;
use crate::state::numbers::CommandNumber;
use crate::state::silicon::Silicon;
use prm::command_queue::{INLINE_LENGTH, INLINE_OUTPUT_OFFSET, STATUS_OWNER_OFFSET};
use prm::{Cycles, DeliveryStatus, Iova};

impl Silicon {
    /// Writes the outputs of a command and gives its entry back to the driver, the owner bit last.
    pub(crate) fn write_back(&mut self, number: CommandNumber, at: Cycles, buses: &mut dyn Buses) {
        let Some(command) = self.commands.get(&number) else {
            return;
        };
        let endpoint = command.endpoint;
        let bus = buses.bus(endpoint);
        let mut faults = Vec::new();
        if let Some(reply) = command
            .reply
            .as_ref()
            .filter(|_| command.delivery == DeliveryStatus::Ok)
        {
            let mut output = reply.output.clone();
            output.resize(usize::try_from(command.out_len).unwrap_or(INLINE_LENGTH), 0);
            let (inline, rest) = output.split_at(INLINE_LENGTH.min(output.len()));
            faults = write_output(rest, &command.output_mailboxes, bus);
            let inline_at = Iova(command.entry_at.0.wrapping_add(INLINE_OUTPUT_OFFSET as u64));
            faults.extend(
                bus.dma_write(inline_at, inline)
                    .err()
                    .map(|fault| (command.entry_at, fault)),
            );
        }
        let status = [command.delivery.raw() << 1];
        let status_at = Iova(command.entry_at.0.wrapping_add(STATUS_OWNER_OFFSET as u64));
        faults.extend(
            bus.dma_write(status_at, &status)
                .err()
                .map(|fault| (command.entry_at, fault)),
        );
        for (mailbox, fault) in faults {
            let record = if mailbox.0 == 0 || mailbox == command.entry_at {
                let why = "output was written through a null pointer or into a queue that is gone";
                Record::StrayDma {
                    cycles: at,
                    endpoint,
                    at: fault.at,
                    why: why.into(),
                }
            } else {
                let what = Corruption::MailboxNotMapped { mailbox };
                Record::Corruption {
                    cycles: at,
                    endpoint,
                    what,
                }
            };
            self.records.push(record);
        }
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.queue.free(command.slot, command.number);
        }
    }
}
