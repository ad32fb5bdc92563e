//! The command queue and its slots: who may send, what is outstanding, and what came back.

use super::error::{CommandErrorKind, Ticket};
use super::lane::Lane;
use super::mailbox::{Chain, Mailboxes};
use crate::device_bus::{Bus, BusFailure};
use crate::message::MessageKind;
use crate::registers;
use prm::command_queue::{
    CommandEntry, ENTRY_KIND_PCIE, INLINE_INPUT_OFFSET, INLINE_LENGTH, STATUS_OWNER_OFFSET, mailboxes_for,
};
use prm::init_segment::COMMAND_DOORBELL;
use prm::link::OutOfMemory;
use prm::saturated;
use prm::{DeliveryStatus, Iova, Opcode, Token};
use std::collections::VecDeque;

/// Most entries a command queue may have: one bit of the doorbell each.
pub(crate) const MOST_SLOTS: u32 = 32;

/// A command that has all it needs but a slot.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) ticket: Ticket,
    pub(crate) opcode: Opcode,
    token: Token,
    inline: [u8; INLINE_LENGTH],
    input_len: u32,
    input: Chain,
    output_len: u32,
    output: Chain,
}

/// An outstanding command.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) ticket: Ticket,
    pub(crate) opcode: Opcode,
    /// The caller has given up.
    pub(crate) timed_out: bool,
    /// All of the output can still be read: its mailboxes were not freed.
    pub(crate) whole: bool,
    /// How it ended, once it has.
    pub(crate) result: Option<Result<DeliveryStatus, CommandErrorKind>>,
    input: Chain,
    output: Chain,
    output_len: usize,
}

/// Whether a command could be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issue {
    /// It is in this slot.
    Sent(u8),
    /// It is not its turn, or there is no slot.
    Wait {
        /// Nobody is before it: only the slot is missing.
        first: bool,
    },
}

/// Queue, slots and mailboxes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    memory: Iova,
    length: u64,
    log_stride: u8,
    /// By slot. The last is the page slot.
    entries: Vec<Option<Entry>>,
    /// Regular slots nobody has taken. A change of mode takes them too, without an entry.
    pub(crate) regular_free: usize,
    /// The same for the page slot.
    pub(crate) page_free: bool,
    /// Regular commands in the order they came. The first is being handled.
    pub(crate) turn: VecDeque<Ticket>,
    /// Who waits for the page slot, in order: commands, and changes of mode. The slot is handed from one to the next, as
    /// the kernel's semaphores are.
    page_line: VecDeque<Ticket>,
    mailboxes: Mailboxes,
    token: u8,
    next_ticket: u64,
}

impl Queue {
    /// An empty queue in `memory`; forgets everything an earlier one had. Tickets go on.
    pub(crate) fn start(&mut self, memory: Iova, length: u64, log_size: u8, log_stride: u8) {
        let slots = 1usize << log_size.min(5);
        *self = Self {
            memory,
            length,
            log_stride,
            entries: vec![None; slots],
            regular_free: slots - 1,
            page_free: true,
            next_ticket: self.next_ticket,
            ..Self::default()
        };
    }

    /// Forgets everything but the tickets, and gives all memory back unless it has to be kept.
    pub(crate) fn stop(&mut self, keep_memory: bool, bus: &mut Bus) {
        if !keep_memory {
            if self.length != 0 {
                bus.free_coherent(self.memory, self.length);
            }
            self.mailboxes.release(bus);
        }
        *self = Self {
            next_ticket: self.next_ticket,
            ..Self::default()
        };
    }

    /// Whether there is no queue: nothing is outstanding then.
    pub(crate) fn is_stopped(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of regular slots.
    pub(crate) fn regular(&self) -> usize {
        self.entries.len().saturating_sub(1)
    }

    /// Slots of commands that timed out and have not completed since.
    pub(crate) fn lost(&self) -> impl Iterator<Item = u8> {
        (0u8..)
            .zip(&self.entries)
            .filter(|(_, entry)| is_lost(entry.as_ref()))
            .map(|(slot, _)| slot)
    }

    /// How many regular slots are lost to commands that timed out, and whether the page slot is.
    pub(crate) fn lost_by_lane(&self) -> (usize, bool) {
        let page = self.lost().any(|slot| usize::from(slot) == self.regular());
        (self.lost().count() - usize::from(page), page)
    }

    /// Whether every regular slot is held by a command that timed out (`cmd_alloc_index` would never succeed).
    pub(crate) fn is_stalled(&self) -> bool {
        let regular = &self.entries[..self.regular()];
        !regular.is_empty() && regular.iter().all(|entry| is_lost(entry.as_ref()))
    }

    /// The outstanding command in a slot.
    pub(crate) fn entry(&mut self, slot: u8) -> Option<&mut Entry> {
        self.entries.get_mut(usize::from(slot))?.as_mut()
    }

    /// Fails every outstanding command nobody has given up on, and returns their slots.
    pub(crate) fn abort(&mut self, why: CommandErrorKind) -> Vec<u8> {
        let mut aborted = Vec::new();
        for (slot, entry) in (0u8..).zip(&mut self.entries) {
            if let Some(Entry {
                timed_out: false,
                result: result @ None,
                ..
            }) = entry
            {
                *result = Some(Err(why));
                aborted.push(slot);
            }
        }
        aborted
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
        let chain_in = self
            .mailboxes
            .allocate_input(mailboxes_for(input.len()), bus, print)?;
        // 0 would look like a mailbox that was never used.
        self.token = self.token.wrapping_add(1).max(1);
        let token = Token(self.token);
        let chain_out = match self
            .mailboxes
            .allocate_output(mailboxes_for(output_len), bus, print)
        {
            Ok(chain) => chain,
            Err(no_memory) => {
                self.mailboxes.free(chain_in, bus);
                return Err(no_memory);
            }
        };
        chain_in.write(bus, token, rest);
        chain_out.write(bus, token, &[]);
        Ok(Prepared {
            ticket: self.new_ticket(),
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
        self.page_line.push_back(ticket);
    }

    /// Leaves the line for the page slot.
    pub(crate) fn leave_page_line(&mut self, ticket: Ticket) {
        self.page_line.retain(|&waiting| waiting != ticket);
    }

    /// Gets in line for the page slot without a command.
    pub(crate) fn claim_page_slot(&mut self) -> Ticket {
        let ticket = self.new_ticket();
        self.join_page_line(ticket);
        ticket
    }

    /// Takes the page slot, if it is free and this claim's turn.
    pub(crate) fn take_page_slot(&mut self, claim: Ticket) -> bool {
        let taken = self.page_free && self.page_line.front() == Some(&claim);
        if taken {
            self.page_free = false;
            self.page_line.pop_front();
        }
        taken
    }

    fn new_ticket(&mut self) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        ticket
    }

    /// A polled command has ended: the next regular one is handled.
    pub(crate) fn end_turn(&mut self, slot: u8) {
        if usize::from(slot) < self.regular() {
            self.turn.pop_front();
        }
    }

    /// Undoes [`prepare`](Self::prepare) for a command that was not sent.
    pub(crate) fn discard(&mut self, prepared: Prepared, bus: &mut Bus) {
        self.turn.retain(|&ticket| ticket != prepared.ticket);
        self.leave_page_line(prepared.ticket);
        self.mailboxes.free(prepared.output, bus);
        self.mailboxes.free(prepared.input, bus);
    }

    /// Whether the command can have a slot now, and which.
    pub(crate) fn free_slot(&self, lane: Lane, ticket: Ticket) -> Issue {
        let regular = self.regular();
        let free = match lane {
            Lane::Page => (self.page_free && self.page_line.front() == Some(&ticket)).then_some(regular),
            Lane::Regular => {
                let first = self.turn.front() == Some(&ticket);
                if !first {
                    return Issue::Wait { first };
                }
                (self.regular_free > 0)
                    .then(|| self.entries[..regular].iter().position(Option::is_none))
                    .flatten()
            }
        };
        match free.map(u8::try_from) {
            Some(Ok(slot)) => Issue::Sent(slot),
            _ => Issue::Wait { first: true },
        }
    }

    /// Writes the queue entry into a free slot and rings the doorbell (`cmd_work_handler`).
    pub(crate) fn send(&mut self, lane: Lane, slot: u8, prepared: Prepared, bus: &mut Bus) {
        match lane {
            Lane::Regular => self.regular_free -= 1,
            Lane::Page => {
                self.page_free = false;
                self.leave_page_line(prepared.ticket);
            }
        }
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
        self.entries[usize::from(slot)] = Some(Entry {
            ticket,
            opcode,
            timed_out: false,
            whole: true,
            result: None,
            input,
            output,
            output_len: output_len as usize,
        });
        bus.write_register(registers::offset(COMMAND_DOORBELL), 1 << slot);
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
        let mut byte = [0];
        bus.read_memory(Iova(self.at(slot).0 + STATUS_OWNER_OFFSET as u64), &mut byte)?;
        Ok(byte[0])
    }

    /// Ends a command: frees its slot and mailboxes; returns entry and output. `with_output` says whether there is one; one
    /// that cannot be read is empty, as none of a command is.
    pub(crate) fn finish(&mut self, slot: u8, with_output: bool, bus: &mut Bus) -> Option<(Entry, Vec<u8>)> {
        let mut entry = self.entries.get_mut(usize::from(slot))?.take()?;
        if usize::from(slot) == self.regular() {
            self.page_free = true;
        } else {
            self.regular_free += 1;
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
        self.mailboxes
            .free(std::mem::replace(&mut entry.output, Chain::empty()), bus);
        self.mailboxes
            .free(std::mem::replace(&mut entry.input, Chain::empty()), bus);
        Some((entry, output))
    }

    /// Gives up on a command: the slot stays taken until the completion comes. With `free_mailboxes` the mailboxes go
    /// back at once, although the device may still write the output's.
    pub(crate) fn give_up(&mut self, slot: u8, free_mailboxes: bool, bus: &mut Bus) {
        let Some(entry) = self.entries.get_mut(usize::from(slot)).and_then(Option::as_mut) else {
            return;
        };
        entry.timed_out = true;
        if free_mailboxes {
            let output = std::mem::replace(&mut entry.output, Chain::empty());
            let input = std::mem::replace(&mut entry.input, Chain::empty());
            // What is left to read of a late completion is what lies in the queue entry.
            entry.whole = entry.output_len <= INLINE_LENGTH;
            entry.output_len = entry.output_len.min(INLINE_LENGTH);
            self.mailboxes.free(output, bus);
            self.mailboxes.free(input, bus);
        }
    }

    fn at(&self, slot: u8) -> Iova {
        Iova(self.memory.0 + (u64::from(slot) << self.log_stride))
    }
}

fn is_lost(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| entry.timed_out)
}
