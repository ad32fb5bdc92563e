//! A command on its way through firmware.

use crate::order::{Answer, HoldPoint};
use crate::record::{CommandRecord, Completion, Hex};
use crate::reply::Reply;
use crate::state::numbers::CommandNumber;
use crate::state::operation::{Exchange, Operation};
use prm::{Cycles, DeliveryStatus, Function, Iova, Opcode};

/// How far a command has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// Whom a command is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Subject {
    /// function_id, vhca_id or vport number, whichever the command carries.
    pub(crate) id: Option<u16>,
    /// Whether it is about another function than its endpoint's own.
    pub(crate) other: bool,
    /// The function, if the id names one.
    pub(crate) function: Option<Function>,
}

/// A command that the driver handed over.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Command {
    /// Number of the command over the whole silicon.
    pub(crate) number: CommandNumber,
    pub(crate) endpoint: Function,
    pub(crate) slot: u8,
    /// Where its queue entry lies.
    pub(crate) entry_at: Iova,
    pub(crate) opcode: Opcode,
    /// The row of the table of operations that it has; that of unknown operations if there is none.
    pub(crate) operation: &'static Operation,
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
    /// The hold that will catch it, or has.
    pub(crate) hold: Option<(String, HoldPoint)>,
    pub(crate) held_since: Option<Cycles>,
    pub(crate) reply: Option<Reply>,
}

impl Command {
    /// Number of entries in the command's list of pages, as its lengths tell.
    pub(crate) fn listed_pages(&self) -> u64 {
        self.operation.list.entries(self.in_len)
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
            n: self.number.0,
            opcode: Hex(self.opcode.raw().into()),
            name: self.opcode.name().into(),
            op_mod: self.op_mod,
            in_len: self.in_len,
            out_len: self.out_len,
            completion: if self.by_event {
                Completion::Event
            } else {
                Completion::Poll
            },
            slot: self.slot,
            status,
            syndrome: answered
                .map(|reply| reply.syndrome.0)
                .filter(|&syndrome| syndrome != 0),
            delivery: (self.delivery != DeliveryStatus::Ok).then(|| self.delivery.raw()),
            fields: (self.operation.fields)(&self.exchange()),
            endpoint: self.endpoint,
            rung: self.rung,
            cycles,
        }
    }

    fn exchange(&self) -> Exchange<'_> {
        Exchange {
            opcode: self.opcode,
            op_mod: self.op_mod,
            input: &self.input,
            id: self.subject.id,
            listed_pages: self.listed_pages(),
            reply: self.reply.as_ref(),
        }
    }
}
