//! The command queue and its slots: who may send, what is outstanding, and what came back.

use super::entry::{Entry, Issue, Prepared};
use super::error::{CommandErrorKind, Ticket};
use super::lane::Lane;
use super::mailbox::Chain;
use super::pool::Pool;
use super::semaphores::{PageSlot, RegularSlots};
use crate::device_bus::{Bus, BusFailure};
use crate::message::MessageKind;
use crate::registers;
use crate::runtime::Object;
use crate::state::noting::used;
use parts::{Part, Parts, Touch};
use prm::command_queue::{
    CommandEntry, ENTRY_KIND_PCIE, INLINE_INPUT_OFFSET, INLINE_LENGTH, STATUS_OWNER_OFFSET, mailboxes_for,
};
use prm::init_segment::COMMAND_DOORBELL;
use prm::link::OutOfMemory;
use prm::saturated;
use prm::{DeliveryStatus, Iova, Opcode, Token};

/// Most entries a command queue may have: one bit of the doorbell each.
pub(crate) const MOST_SLOTS: u32 = 32;

/// Queue, slots and mailboxes.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Queue {
    shape: Part<Shape>,
    /// Outstanding commands by slot. The last slot is the page slot.
    pub(super) entries: Parts<u8, Entry>,
    pub(crate) regular: Part<RegularSlots>,
    pub(crate) page: Part<PageSlot>,
    pub(super) pool: Part<Pool>,
}

/// Where the queue lies, since the command interface was enabled.
#[derive(Clone, Debug, Default, Hash)]
struct Shape {
    memory: Iova,
    length: u64,
    log_stride: u8,
    slots: u8,
}

impl Queue {
    /// An empty queue in `memory`; forgets everything an earlier one had. Tickets go on.
    pub(crate) fn start(&mut self, memory: Iova, length: u64, log_size: u8, log_stride: u8) {
        let slots = 1u8 << log_size.min(5);
        self.forget();
        *self.shape = Shape {
            memory,
            length,
            log_stride,
            slots,
        };
        self.regular.free = usize::from(slots) - 1;
        self.page.free = true;
    }

    /// Forgets everything but the tickets, and gives all memory back unless it has to be kept.
    pub(crate) fn stop(&mut self, keep_memory: bool, bus: &mut Bus) {
        if !keep_memory {
            if self.shape.length != 0 {
                bus.free_coherent(self.shape.memory, self.shape.length);
            }
            self.pool.mailboxes.release(bus);
        }
        self.forget();
    }

    fn forget(&mut self) {
        *self.shape = Shape::default();
        self.entries.clear();
        *self.regular = RegularSlots::default();
        *self.page = PageSlot::default();
        *self.pool = Pool {
            next_ticket: self.pool.next_ticket,
            ..Pool::default()
        };
    }

    /// Whether there is no queue: nothing is outstanding then.
    pub(crate) fn is_stopped(&self) -> bool {
        self.shape.slots == 0
    }

    /// Number of regular slots, which is the page slot's number too.
    pub(crate) fn regular(&self) -> usize {
        usize::from(self.shape.slots.saturating_sub(1))
    }

    /// Which lane a slot belongs to.
    pub(crate) fn lane_of(&self, slot: u8) -> Lane {
        if usize::from(slot) == self.regular() {
            Lane::Page
        } else {
            Lane::Regular
        }
    }

    /// Slots of commands that timed out and have not completed since, for those who look from outside.
    pub(crate) fn lost_in_all(&self) -> u32 {
        self.regular.peek().lost.count_ones() + u32::from(self.page.peek().lost)
    }

    /// How many regular slots are lost to commands that timed out, and whether the page slot is.
    pub(crate) fn lost_by_lane(&self) -> (usize, bool) {
        (self.regular.lost.count_ones() as usize, self.page.lost)
    }

    /// Whether every regular slot is held by a command that timed out (`cmd_alloc_index` would never succeed).
    pub(crate) fn is_stalled(&self) -> bool {
        let regular = self.regular();
        regular != 0 && self.regular.lost.count_ones() as usize == regular
    }

    /// The outstanding command in a slot.
    pub(crate) fn entry(&self, slot: u8) -> Option<&Entry> {
        self.entries.get(&slot)
    }

    /// The same, to change.
    pub(crate) fn entry_mut(&mut self, slot: u8) -> Option<&mut Entry> {
        self.entries.get_mut(&slot)
    }

    /// Fails every outstanding command nobody has given up on, and returns their slots.
    pub(crate) fn abort(&mut self, why: CommandErrorKind) -> Vec<u8> {
        let mut aborted = Vec::new();
        for (&slot, entry) in self.entries.iter_mut() {
            if let Entry {
                timed_out: false,
                result: result @ None,
                ..
            } = entry
            {
                *result = Some(Err(why));
                aborted.push(slot);
            }
        }
        aborted
    }

    /// Whether there is a command that has not ended and that nobody has given up on.
    pub(crate) fn has_outstanding(&self) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|(_, entry)| !entry.timed_out && entry.result.is_none())
    }

    /// Mailboxes, token and ticket for a command.
    pub(crate) fn prepare(
        &mut self,
        opcode: Opcode,
        input: &[u8],
        output_len: usize,
        bus: &mut Bus,
        print: &mut dyn FnMut(MessageKind),
    ) -> Result<Prepared, OutOfMemory> {
        let (head, rest) = input.split_at(input.len().min(INLINE_LENGTH));
        let mut inline = [0; INLINE_LENGTH];
        inline[..head.len()].copy_from_slice(head);
        let pool = &mut *self.pool;
        let chain_in = pool
            .mailboxes
            .allocate_input(mailboxes_for(input.len()), bus, print)?;
        // 0 would look like a mailbox that was never used.
        pool.token = pool.token.wrapping_add(1).max(1);
        let token = Token(pool.token);
        let chain_out = match pool
            .mailboxes
            .allocate_output(mailboxes_for(output_len), bus, print)
        {
            Ok(chain) => chain,
            Err(no_memory) => {
                pool.mailboxes.free(chain_in, bus);
                return Err(no_memory);
            }
        };
        chain_in.write(bus, token, rest);
        chain_out.write(bus, token, &[]);
        Ok(Prepared {
            ticket: pool.new_ticket(),
            opcode,
            token,
            inline,
            input_len: saturated::<u32>(input.len()),
            input: chain_in,
            output_len: saturated::<u32>(output_len),
            output: chain_out,
        })
    }

    /// Gets in line for the page slot.
    pub(crate) fn join_page_line(&mut self, ticket: Ticket) {
        self.page.line.push_back(ticket);
    }

    /// Leaves the line for the page slot.
    pub(crate) fn leave_page_line(&mut self, ticket: Ticket) {
        self.page.line.retain(|&waiting| waiting != ticket);
    }

    /// Gets in line for the page slot without a command.
    pub(crate) fn claim_page_slot(&mut self) -> Ticket {
        let ticket = self.pool.new_ticket();
        self.join_page_line(ticket);
        ticket
    }

    /// Takes the page slot, if it is free and this claim's turn.
    pub(crate) fn take_page_slot(&mut self, claim: Ticket) -> bool {
        let taken = self.page.is_for(claim);
        if taken {
            self.page.free = false;
            self.page.line.pop_front();
        }
        taken
    }

    /// A polled command has ended: the next regular one is handled.
    pub(crate) fn end_turn(&mut self, slot: u8) {
        if self.lane_of(slot) == Lane::Regular {
            self.regular.turn.pop_front();
        }
    }

    /// Undoes [`prepare`](Self::prepare) for a command that was not sent.
    pub(crate) fn discard(&mut self, prepared: Prepared, bus: &mut Bus) {
        match Lane::of(prepared.opcode) {
            Lane::Regular => self.regular.turn.retain(|&ticket| ticket != prepared.ticket),
            Lane::Page => self.leave_page_line(prepared.ticket),
        }
        self.pool.mailboxes.free(prepared.output, bus);
        self.pool.mailboxes.free(prepared.input, bus);
    }

    /// Whether the command can have a slot now, and which.
    pub(crate) fn free_slot(&self, lane: Lane, ticket: Ticket) -> Issue {
        let regular = self.regular();
        let free = match lane {
            Lane::Page => self.page.is_for(ticket).then_some(regular),
            Lane::Regular => {
                let first = self.regular.turn.front() == Some(&ticket);
                if !first {
                    return Issue::Wait { first };
                }
                let lowest = self.regular.taken.trailing_ones() as usize;
                (self.regular.free > 0 && lowest < regular).then_some(lowest)
            }
        };
        match free.map(u8::try_from) {
            Some(Ok(slot)) => Issue::Sent(slot),
            _ => Issue::Wait { first: true },
        }
    }

    /// Takes a free slot for a command.
    pub(crate) fn take_slot(&mut self, lane: Lane, slot: u8, ticket: Ticket) {
        match lane {
            Lane::Regular => {
                self.regular.free -= 1;
                self.regular.taken |= 1 << slot;
            }
            Lane::Page => {
                self.page.free = false;
                self.leave_page_line(ticket);
            }
        }
    }

    /// Writes the queue entry into a slot that was taken for it, and rings the doorbell (`cmd_work_handler`), which is as lost on a
    /// device that could not fetch the entry (`is_heard`).
    pub(crate) fn send(&mut self, slot: u8, prepared: Prepared, is_heard: bool, bus: &mut Bus) {
        let mut entry = CommandEntry::new()
            .with_kind(ENTRY_KIND_PCIE)
            .with_input_length(prepared.input_len)
            .with_input_mailbox(prepared.input.first().0)
            .with_output_mailbox(prepared.output.first().0)
            .with_output_length(prepared.output_len)
            .with_token(prepared.token.0)
            .with_owner(true);
        entry.inline_input_mut().copy_from_slice(&prepared.inline);
        entry.sign();
        bus.write_memory(self.at(slot), entry.as_bytes());
        let Prepared {
            ticket,
            opcode,
            input,
            output,
            output_len,
            ..
        } = prepared;
        let entry = Entry {
            ticket,
            opcode,
            timed_out: false,
            polled: false,
            whole: true,
            result: None,
            input,
            output,
            output_len: output_len as usize,
        };
        self.entries.insert(slot, entry);
        if is_heard {
            bus.ring(registers::offset(COMMAND_DOORBELL), 1 << slot);
        }
    }

    /// Looks whether the device has given the entry back. One that cannot be read has not come back.
    pub(crate) fn poll(&self, slot: u8, bus: &Bus) -> Option<DeliveryStatus> {
        let status = self.status(slot, bus).ok()?;
        (status & 1 == 0).then(|| DeliveryStatus::from_raw(status >> 1))
    }

    /// What the device says of the command in the slot, whoever owns the entry.
    pub(crate) fn delivery(&self, slot: u8, bus: &Bus) -> DeliveryStatus {
        self.status(slot, bus)
            .map_or(DeliveryStatus::InternalError, |status| {
                DeliveryStatus::from_raw(status >> 1)
            })
    }

    fn status(&self, slot: u8, bus: &Bus) -> Result<u8, BusFailure> {
        // What the device writes into the entry belongs to the slot.
        _ = self.entries.get(&slot);
        let mut byte = [0];
        bus.read_memory(Iova(self.at(slot).0 + STATUS_OWNER_OFFSET as u64), &mut byte)?;
        Ok(byte[0])
    }

    /// Ends a command: frees its slot and mailboxes; returns entry and output. `with_output` says whether there is one; one
    /// that cannot be read is empty, as none of a command is.
    pub(crate) fn finish(&mut self, slot: u8, with_output: bool, bus: &mut Bus) -> Option<(Entry, Vec<u8>)> {
        let mut entry = self.entries.remove(&slot)?;
        match self.lane_of(slot) {
            Lane::Page => {
                self.page.free = true;
                self.page.lost = false;
            }
            Lane::Regular => {
                let regular = &mut *self.regular;
                regular.free += 1;
                regular.taken &= !(1 << slot);
                regular.lost &= !(1 << slot);
            }
        }
        let mut output = Vec::new();
        if with_output {
            output.resize(entry.output_len, 0);
            let (head, rest) = output.split_at_mut(entry.output_len.min(INLINE_LENGTH));
            let inline = Iova(self.at(slot).0 + (INLINE_INPUT_OFFSET + INLINE_LENGTH) as u64);
            let read = bus
                .read_memory(inline, head)
                .and_then(|()| entry.output.read(bus, rest));
            if read.is_err() {
                output.clear();
            }
        }
        let mailboxes = &mut self.pool.mailboxes;
        mailboxes.free(std::mem::replace(&mut entry.output, Chain::empty()), bus);
        mailboxes.free(std::mem::replace(&mut entry.input, Chain::empty()), bus);
        Some((entry, output))
    }

    /// Gives up on a command: the slot stays taken until the completion comes. With `free_mailboxes` the mailboxes go
    /// back at once, although the device may still write the output's.
    pub(crate) fn give_up(&mut self, slot: u8, free_mailboxes: bool, bus: &mut Bus) {
        let lane = self.lane_of(slot);
        let Some(entry) = self.entries.get_mut(&slot) else {
            return;
        };
        entry.timed_out = true;
        match lane {
            Lane::Page => self.page.lost = true,
            Lane::Regular => self.regular.lost |= 1 << slot,
        }
        if free_mailboxes {
            let output = std::mem::replace(&mut entry.output, Chain::empty());
            let input = std::mem::replace(&mut entry.input, Chain::empty());
            // What is left to read of a late completion is what lies in the queue entry.
            entry.whole = entry.output_len <= INLINE_LENGTH;
            entry.output_len = entry.output_len.min(INLINE_LENGTH);
            self.pool.mailboxes.free(output, bus);
            self.pool.mailboxes.free(input, bus);
        }
    }

    pub(super) fn at(&self, slot: u8) -> Iova {
        Iova(self.shape.memory.0 + (u64::from(slot) << self.shape.log_stride))
    }

    /// Notes of use, by object.
    pub(super) fn take_touches(&self, take: &mut dyn FnMut(Object, Touch)) {
        used(take, Object::LoadTime, self.shape.take_touch());
        used(take, Object::CommandSlots, self.regular.take_touch());
        used(take, Object::PageSlot, self.page.take_touch());
        used(take, Object::Mailboxes, self.pool.take_touch());
        self.entries.take_touches(|slot, touch| {
            take(slot.map_or(Object::AllCommandSlots, Object::CommandSlot), touch);
        });
    }
}
