//! What can be asked of a silicon at work: holds, commands and pages that are on their way.

use crate::order::HoldPoint;
use crate::owner::Owner;
use crate::state::board::UnansweredRequest;
use crate::state::command::{Command, Stage};
use crate::state::gate::{Caught, HoldState};
use crate::state::numbers::{CommandNumber, RequestNumber};
use crate::state::silicon::Silicon;
use prm::link::{DeviceWaits, OutstandingWait, RequestWait};
use prm::{Cycles, Function, Opcode, PagesOp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A command that the driver handed over and that has not been given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutstandingCommand {
    /// Number of the command.
    pub n: u64,
    /// Whose command interface it came through.
    pub endpoint: Function,
    /// Its slot.
    pub slot: u8,
    /// Its operation.
    pub opcode: Opcode,
    /// Its operation modifier.
    pub op_mod: u16,
    /// The function it is about, where its input names one.
    pub function: Option<Function>,
    /// When its doorbell was rung.
    pub since: Cycles,
    /// What it waits for.
    pub waits_for: WaitsFor,
}

/// What keeps a command from being over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// Its own latency.
    Latency,
    /// Serial firmware works on another command.
    Turn,
    /// Pages for these owners.
    Pages(Vec<Owner>),
    /// The hold of this name.
    Hold(String),
    /// Nothing: firmware lost it.
    Never,
}

/// A page command that is on the wire: rung and not completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PagesInFlight {
    /// Whose book.
    pub supplier: Function,
    /// Whose pages.
    pub owner: Owner,
    /// Which way.
    pub op: PagesOp,
    /// Whether firmware has executed it already: the ledger shows it and the driver does not know yet.
    pub executed: bool,
}

impl Silicon {
    /// The holds in force, in the order in which they were installed.
    #[must_use]
    pub fn holds(&self) -> Vec<HoldState> {
        let state = |(name, number): (&str, Option<CommandNumber>)| {
            let command = number.and_then(|number| self.commands.peek().get(&number));
            HoldState {
                name: name.to_owned(),
                caught: command.and_then(caught),
            }
        };
        self.gate.holds().map(state).collect()
    }

    /// The page commands that are on the wire.
    #[must_use]
    pub fn pages_in_flight(&self) -> Vec<PagesInFlight> {
        let page_commands = self.commands.peek().values().filter(|command| {
            command.opcode == Opcode::ManagePages && !matches!(command.stage, Stage::Written | Stage::Lost)
        });
        let in_flight = page_commands.map(|command| PagesInFlight {
            supplier: command.endpoint,
            owner: self.page_owner(command),
            op: PagesOp::from_raw(command.op_mod),
            executed: command.stage == Stage::Executed,
        });
        in_flight.collect()
    }

    /// The commands that the driver has not got back, in the order of their doorbells. One whose outputs are written and
    /// whose event is held is among them.
    #[must_use]
    pub fn outstanding_commands(&self) -> Vec<OutstandingCommand> {
        let outstanding = self.commands.peek().values().map(|command| OutstandingCommand {
            n: command.number.0,
            endpoint: command.endpoint,
            slot: command.slot,
            opcode: command.opcode,
            op_mod: command.op_mod,
            function: command.subject.function,
            since: command.rung,
            waits_for: self.waits_for(command),
        });
        outstanding.collect()
    }

    /// What firmware waits for, for a host that looks for closed chains of waits.
    #[must_use]
    pub fn device_waits(&self) -> DeviceWaits {
        let commands = self.outstanding_commands().into_iter();
        let requests = self.board.peek().unanswered();
        DeviceWaits {
            commands: commands.map(OutstandingWait::from).collect(),
            requests: requests.map(RequestWait::from).collect(),
        }
    }

    fn waits_for(&self, command: &Command) -> WaitsFor {
        let held = command.held_since.and(command.hold.as_ref());
        match (command.stage, held) {
            (Stage::Lost, _) => WaitsFor::Never,
            (Stage::Queued, _) => WaitsFor::Turn,
            (_, Some((name, _))) => WaitsFor::Hold(name.clone()),
            _ => match self.waits.peek().of(command.number) {
                [] => WaitsFor::Latency,
                requests => WaitsFor::Pages(self.owners_of(requests)),
            },
        }
    }

    /// Whom these requests are for, as far as they are open.
    fn owners_of(&self, requests: &[RequestNumber]) -> Vec<Owner> {
        requests
            .iter()
            .filter_map(|&number| self.board.peek().owner(number))
            .map(|r| r.owner)
            .collect()
    }
}

impl From<OutstandingCommand> for OutstandingWait {
    fn from(command: OutstandingCommand) -> Self {
        Self {
            n: command.n,
            endpoint: command.endpoint,
            slot: command.slot,
            opcode: command.opcode,
            needs: match command.waits_for {
                WaitsFor::Pages(owners) => owners.iter().map(ToString::to_string).collect(),
                _ => Vec::new(),
            },
        }
    }
}

impl From<UnansweredRequest> for RequestWait {
    fn from(request: UnansweredRequest) -> Self {
        Self {
            supplier: request.supplier,
            owner: request.owner.to_string(),
            pages: request.pages,
        }
    }
}

fn caught(command: &Command) -> Option<Caught> {
    let (_, at) = command.hold.as_ref()?;
    let at: HoldPoint = *at;
    let &Command {
        number,
        endpoint,
        slot,
        opcode,
        ..
    } = command;
    command.held_since.map(|since| Caught {
        n: number.0,
        endpoint,
        slot,
        opcode,
        at,
        since,
    })
}
