//! The command queue: from the doorbell to a command that firmware can work on, and back to the owner bit.

use crate::bus::Buses;
use crate::operations;
use crate::state::command::{Command, Stage};
use crate::state::mailbox::{Chain, ChainFault};
use crate::state::numbers::CommandNumber;
use crate::state::reception::Reception;
use crate::state::silicon::Silicon;
use prm::command::InputHeader;
use prm::command_queue::{CommandEntry, ENTRY_KIND_PCIE, INLINE_LENGTH};
use prm::event_queue::DestroyEqIn;
use prm::{Cycles, DeliveryStatus, EventType, Function, Iova, Opcode, Token};

impl Silicon {
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
        if let Some(&earlier) = queue.slots.get(&slot) {
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
            state.queue.slots.insert(slot, number);
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
        let operation = operations::of(opcode);
        let by_event = self.reports_by_event(endpoint, opcode, &input);
        Command {
            number: CommandNumber(self.commands_seen),
            endpoint,
            slot,
            entry_at,
            opcode,
            operation,
            op_mod: head.op_mod(),
            subject: self.subject(endpoint, operation.about, &input),
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
    let head = InputHeader::from_prefix(entry.inline_input()).unwrap_or_default();
    let list = operations::of(head.operation()).list;
    list.check(head.op_mod(), input, output, most_pages)
}
