//! The command queue: from the doorbell to a command that firmware can work on, and back to the owner bit.

use crate::device::doorbell::Reception;
use crate::device::registers::{LOG_QUEUE_SIZE, LOG_QUEUE_STRIDE};
use crate::record::{Corruption, Record};
use crate::state::command::{Command, Stage};
use crate::state::mailbox::{Chain, ChainFault, write_output};
use crate::state::message_length;
use crate::state::silicon::{Buses, Silicon};
use prm::command::InputHeader;
use prm::command_queue::{
    CommandEntry, ENTRY_KIND_PCIE, INLINE_LENGTH, INLINE_OUTPUT_OFFSET, STATUS_OWNER_OFFSET,
};
use prm::event_queue::DestroyEqIn;
use prm::{Cycles, DeliveryStatus, EventType, Function, Iova, Opcode, Token};
use std::collections::VecDeque;

/// Number of entries.
pub(crate) const ENTRIES: u8 = 1 << LOG_QUEUE_SIZE;

/// Where the queue lies and what is in its slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandQueue {
    address_high: u32,
    address_low: Option<u32>,
    /// Number of the command in each slot that the device owns.
    slots: [Option<u64>; ENTRIES as usize],
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
    fn entry(&self, slot: u8) -> Option<Iova> {
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

impl Silicon {
    /// The command doorbell: bit n hands over the entry in slot n.
    pub(crate) fn ring_commands(
        &mut self,
        endpoint: Function,
        vector: u32,
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        self.records.push(Record::Doorbell {
            cycles: now,
            endpoint,
            vector,
        });
        let ready = self
            .endpoints
            .get(&endpoint)
            .is_some_and(|state| now >= state.ready_at);
        if !ready {
            self.refuse(endpoint, now, "doorbell of a device that initialises");
            return;
        }
        self.note_doorbell(endpoint, vector, now, buses);
    }

    /// Reads the entry of a slot. None if there is no command, or it is over already: its entry is malformed.
    pub(crate) fn begin_fetch(
        &mut self,
        endpoint: Function,
        slot: u8,
        rung: Cycles,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Option<Reception> {
        let queue = &self.endpoints.get(&endpoint)?.queue;
        let Some(entry_at) = queue.entry(slot) else {
            self.refuse(endpoint, now, "doorbell without a command queue");
            return None;
        };
        if let Some(earlier) = queue.slots[usize::from(slot)] {
            let lost = self
                .commands
                .get(&earlier)
                .is_none_or(|command| command.stage == Stage::Lost);
            if !lost {
                self.refuse(endpoint, now, "doorbell of a slot whose command is not complete");
                return None;
            }
            self.drop_command(earlier, now, "its slot was used again");
        }
        let mut entry = CommandEntry::new();
        if let Err(fault) = buses.bus(endpoint).dma_read(entry_at, entry.as_bytes_mut()) {
            let why = "the command queue is not mapped";
            self.note_stray_dma(endpoint, now, fault.at, why);
            return None;
        }
        if !entry.owner() {
            self.refuse(endpoint, now, "doorbell of an entry that the driver owns");
            return None;
        }
        let input = Chain {
            first: Iova(entry.input_mailbox()),
            length: entry.input_length(),
            token: Token(entry.token()),
            zero_pointer: self.config.firmware.zero_mailbox_pointer,
        };
        let mut reception = Reception::new(slot, entry_at, entry, rung, input);
        match check(&reception.entry, self.pace.longest_list()) {
            Ok(()) => {
                let length = usize::try_from(reception.entry.input_length()).unwrap_or(INLINE_LENGTH);
                reception.input.truncate(length);
                Some(reception)
            }
            Err(status) => {
                let fault = ChainFault { status, stray: None };
                self.take_in(endpoint, reception, Err(fault), now, buses);
                None
            }
        }
    }

    /// The command of an entry is here, or it is known why its chains cannot be followed.
    pub(crate) fn take_in(
        &mut self,
        endpoint: Function,
        reception: Reception,
        result: Result<(), ChainFault>,
        now: Cycles,
        buses: &mut dyn Buses,
    ) {
        let command = self.receive(endpoint, reception, result, now);
        let (number, slot) = (command.number, command.slot);
        self.commands.insert(number, command);
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.queue.slots[usize::from(slot)] = Some(number);
        }
        self.arrive(number, now, buses);
    }

    fn receive(
        &mut self,
        endpoint: Function,
        reception: Reception,
        result: Result<(), ChainFault>,
        now: Cycles,
    ) -> Command {
        self.commands_seen += 1;
        let Reception {
            slot,
            entry_at,
            entry,
            rung,
            input,
            mut output_mailboxes,
            ..
        } = reception;
        let mut delivery = DeliveryStatus::Ok;
        if let Err(fault) = result {
            delivery = fault.status;
            output_mailboxes = Vec::new();
            if let Some(stray) = fault.stray {
                let why = "a mailbox is not mapped";
                self.note_stray_dma(endpoint, now, stray.at, why);
            }
        }
        let head = InputHeader::from_prefix(&input).unwrap_or_default();
        let opcode = head.operation();
        let by_event = self.reports_by_event(endpoint, opcode, &input);
        Command {
            number: self.commands_seen,
            endpoint,
            slot,
            entry_at,
            opcode,
            op_mod: head.op_mod(),
            subject: self.subject(endpoint, opcode, &input),
            input,
            in_len: entry.input_length(),
            out_len: entry.output_length(),
            output_mailboxes,
            by_event,
            rung,
            delivery,
            stage: Stage::InService,
            due: now,
            answer: None,
            needs: Vec::new(),
            hold: None,
            held_since: None,
            reply: None,
        }
    }

    /// Whether a command that is handed over now completes by event. One that destroys the queue of these events does
    /// not: nothing would be left to report on.
    fn reports_by_event(&self, endpoint: Function, opcode: Opcode, input: &[u8]) -> bool {
        let state = self.endpoints.get(&endpoint);
        let Some(queue) = state.and_then(|state| state.queue_for(EventType::CommandCompletion)) else {
            return false;
        };
        let destroyed = DestroyEqIn::from_prefix(input).unwrap_or_default().eq_number();
        opcode != Opcode::DestroyEq || destroyed != queue
    }

    /// Writes the outputs of a command and gives its entry back to the driver, the owner bit last.
    pub(crate) fn write_back(&mut self, command: &Command, at: Cycles, buses: &mut dyn Buses) {
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
                    why,
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
            state.queue.free(command.number);
        }
    }
}

/// Whether an entry is one whose chains can be followed.
fn check(entry: &CommandEntry, most_pages: u32) -> Result<(), DeliveryStatus> {
    if !entry.is_signed() {
        return Err(DeliveryStatus::SignatureError);
    }
    if entry.kind() != ENTRY_KIND_PCIE {
        return Err(DeliveryStatus::BadCommandKind);
    }
    let (input, output) = (entry.input_length(), entry.output_length());
    message_length::check(entry.inline_input(), input, output, most_pages)
}
