//! A command on its way through firmware.

use crate::operations::fields as command_fields;
use crate::order::{Answer, HoldPoint};
use crate::record::{CommandRecord, Record};
use crate::reply::Reply;
use crate::state::silicon::Silicon;
use crate::work::names::Subject;
use prm::{Cycles, DeliveryStatus, Function, Iova, Opcode};

/// How far a command has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Behind another command of serial firmware.
    Queued,
    /// Being worked on.
    InService,
    /// Executed; outputs not written.
    Executed,
    /// Outputs and owner bit written; completion event not posted.
    Written,
    /// Lost inside firmware: it keeps its slot and never completes.
    Lost,
}

/// A command that the driver handed over.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    /// Number of the command over the whole silicon.
    pub(crate) number: u64,
    pub(crate) endpoint: Function,
    pub(crate) slot: u8,
    /// Where its queue entry lies.
    pub(crate) entry_at: Iova,
    pub(crate) opcode: Opcode,
    pub(crate) op_mod: u16,
    /// The whole input; empty if it could not be read.
    pub(crate) input: Vec<u8>,
    pub(crate) in_len: u32,
    pub(crate) out_len: u32,
    pub(crate) output_mailboxes: Vec<Iova>,
    /// Whether it completes by event: decided when the doorbell is rung, so that the command that creates the
    /// first event queue does not report on it.
    pub(crate) by_event: bool,
    pub(crate) rung: Cycles,
    pub(crate) delivery: DeliveryStatus,
    pub(crate) subject: Subject,
    pub(crate) stage: Stage,
    /// When its work is done, if nothing holds it.
    pub(crate) due: Cycles,
    pub(crate) answer: Option<Answer>,
    /// Page requests it waits for.
    pub(crate) needs: Vec<u64>,
    /// The hold that will catch it, or has.
    pub(crate) hold: Option<(String, HoldPoint)>,
    pub(crate) held_since: Option<Cycles>,
    pub(crate) reply: Option<Reply>,
}

impl Command {
    /// Number of entries in the command's list of pages, as its lengths tell.
    pub(crate) fn listed_pages(&self) -> u64 {
        let (length, head) = match self.opcode {
            Opcode::CreateEq => (self.in_len, prm::event_queue::CreateEqIn::SIZE as u64),
            Opcode::ManagePages => (self.in_len, 16),
            _ => (0, 0),
        };
        u64::from(length).saturating_sub(head) / prm::pages::PAGE_ADDRESS_LENGTH as u64
    }

    /// Bytes of input and output that firmware keeps for it; nothing once it is written or lost.
    pub(crate) fn weight(&self) -> u64 {
        match self.stage {
            Stage::Written | Stage::Lost => 0,
            _ => u64::from(self.in_len) + u64::from(self.out_len),
        }
    }

    /// The account of the command, completed at `cycles`.
    pub(crate) fn record(&self, cycles: Cycles) -> CommandRecord {
        let answered = self
            .reply
            .as_ref()
            .filter(|_| self.delivery == DeliveryStatus::Ok);
        let status = answered.map(|reply| reply.status.raw());
        CommandRecord {
            n: self.number,
            opcode: format!("{:#x}", self.opcode.raw()),
            name: self.opcode.name(),
            op_mod: self.op_mod,
            in_len: self.in_len,
            out_len: self.out_len,
            completion: if self.by_event { "event" } else { "poll" },
            slot: self.slot,
            status,
            syndrome: answered
                .map(|reply| reply.syndrome.0)
                .filter(|&syndrome| syndrome != 0),
            delivery: (self.delivery != DeliveryStatus::Ok).then(|| self.delivery.raw()),
            fields: command_fields::of(self),
            endpoint: self.endpoint,
            rung: self.rung,
            cycles,
        }
    }
}

impl Silicon {
    /// Drops every command of an endpoint, as a reset does; they never complete.
    pub(crate) fn drop_commands_of(&mut self, endpoint: Function, now: Cycles, why: &'static str) {
        let numbers: Vec<u64> = self
            .commands
            .values()
            .filter(|command| command.endpoint == endpoint)
            .map(|c| c.number)
            .collect();
        for number in numbers {
            self.drop_command(number, now, why);
        }
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.queue.clear();
        }
        self.inflow.room_again();
    }

    pub(crate) fn drop_command(&mut self, number: u64, now: Cycles, why: &'static str) {
        let Some(command) = self.commands.remove(&number) else {
            return;
        };
        self.gate.forget(number);
        self.agenda.forget_command(number);
        self.inflow.room_again();
        // What was lost inside firmware was reported when that happened, and what is written was completed.
        if !matches!(command.stage, Stage::Lost | Stage::Written) {
            let record = Box::new(command.record(now));
            self.records.push(Record::CommandUnfinished {
                cycles: now,
                why,
                command: record,
            });
        }
    }
}
