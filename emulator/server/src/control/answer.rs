//! What answers are made of: firmware's book, holds, commands, functions.

use crate::control::drivers::{DriverPresence, Drivers};
use crate::server::DeviceServer;
use emulator::{CommandRecord, OutstandingCommand, Silicon, WaitsFor};
use prm::Cycles;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Firmware's book, and what is under way. Times are nanoseconds on the device's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Snapshot {
    /// Now.
    pub virtual_ns: u64,
    /// 4 KiB pages by owner. An owner whose pages another than the function under test has given is named
    /// `supplier:owner`.
    pub ledger: BTreeMap<String, u64>,
    /// Holds in force, in the order in which they were installed.
    pub holds: Vec<HoldState>,
    /// Commands that the driver has not got back.
    pub commands: Vec<OpenCommand>,
    /// Page requests that the driver has not answered.
    pub page_requests: Vec<OpenRequest>,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HoldState {
    /// Its name.
    pub name: String,
    /// The command it holds; absent while it waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caught: Option<Caught>,
}

/// A held command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Caught {
    /// Its number.
    pub n: u64,
    /// Its operation.
    pub name: String,
    /// Whose command interface it came through.
    pub endpoint: String,
    /// Since when.
    pub since_ns: u64,
}

/// A command that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenCommand {
    /// Its number.
    pub n: u64,
    /// Its operation.
    pub name: String,
    /// Its operation modifier.
    pub op_mod: u16,
    /// Whose command interface it came through.
    pub endpoint: String,
    /// The function it is about, where its input names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// When its doorbell was rung.
    pub since_ns: u64,
    /// What keeps it from being over.
    pub waits_for: Wait,
}

/// What keeps a command from being over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Its own latency.
    Latency,
    /// Serial firmware works on another command.
    Turn,
    /// Pages for these owners.
    Pages(Vec<String>),
    /// The hold of this name.
    Hold(String),
    /// Nothing: firmware lost it.
    Never,
}

/// A page request that was posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenRequest {
    /// Who is asked.
    pub supplier: String,
    /// Whom the pages are for.
    pub owner: String,
    /// What is still to be given (positive) or taken back (negative), in 4 KiB pages.
    pub pages: i64,
    /// When it was posted.
    pub since_ns: u64,
}

/// A function of the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FunctionInfo {
    /// Its name.
    pub function: String,
    /// Its vhca_id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vhca_id: Option<u16>,
    /// Where it is served; absent for what is no PCI function of this device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// Its place among the PCI functions of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devfn: Option<u8>,
    /// Whether a client is connected to its socket.
    pub connected: bool,
    /// Whether its driver takes page requests.
    pub takes_page_requests: bool,
    /// Whether its driver has initialised it.
    pub driver: DriverPresence,
}

/// Commands that have ended.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Commands {
    /// As in the files that `run --commands` writes.
    #[schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>")]
    pub commands: Vec<CommandRecord>,
    /// How many more there are: ask again.
    pub left: u64,
    /// How many were forgotten before this client asked for them.
    pub lost: u64,
}

impl Snapshot {
    /// The silicon as it is now.
    #[must_use]
    pub fn of(silicon: &Silicon, now: Cycles) -> Self {
        let own = silicon.main_function();
        let functions = silicon.functions();
        let mut ledger: BTreeMap<String, u64> = functions
            .iter()
            .map(|function| (function.to_string(), 0))
            .collect();
        for (supplier, owner, pages) in silicon.ledger().rows() {
            let name = if supplier == own {
                owner.to_string()
            } else {
                format!("{supplier}:{owner}")
            };
            ledger.insert(name, pages);
        }
        let requests = silicon.unanswered_requests();
        Self {
            virtual_ns: now.0,
            ledger,
            holds: silicon.holds().into_iter().map(HoldState::from).collect(),
            commands: silicon
                .outstanding_commands()
                .into_iter()
                .map(OpenCommand::from)
                .collect(),
            page_requests: requests.into_iter().map(OpenRequest::from).collect(),
        }
    }
}

impl From<emulator::HoldState> for HoldState {
    fn from(hold: emulator::HoldState) -> Self {
        Self {
            name: hold.name,
            caught: hold.caught.map(Caught::from),
        }
    }
}

impl From<emulator::Caught> for Caught {
    fn from(caught: emulator::Caught) -> Self {
        Self {
            n: caught.n,
            name: caught.opcode.to_string(),
            endpoint: caught.endpoint.to_string(),
            since_ns: caught.since.0,
        }
    }
}

impl From<OutstandingCommand> for OpenCommand {
    fn from(command: OutstandingCommand) -> Self {
        Self {
            n: command.n,
            name: command.opcode.to_string(),
            op_mod: command.op_mod,
            endpoint: command.endpoint.to_string(),
            function: command.function.map(|function| function.to_string()),
            since_ns: command.since.0,
            waits_for: match command.waits_for {
                WaitsFor::Latency => Wait::Latency,
                WaitsFor::Turn => Wait::Turn,
                WaitsFor::Pages(owners) => Wait::Pages(owners.iter().map(ToString::to_string).collect()),
                WaitsFor::Hold(name) => Wait::Hold(name),
                WaitsFor::Never => Wait::Never,
            },
        }
    }
}

impl From<emulator::UnansweredRequest> for OpenRequest {
    fn from(request: emulator::UnansweredRequest) -> Self {
        Self {
            supplier: request.supplier.to_string(),
            owner: request.owner.to_string(),
            pages: request.pages,
            since_ns: request.since.0,
        }
    }
}

impl FunctionInfo {
    /// The functions of a served device, in its own order.
    pub(super) fn all(device: &DeviceServer, drivers: &Drivers) -> Vec<Self> {
        let (silicon, slots) = (device.silicon(), device.slots());
        let functions = silicon.functions().into_iter().map(|function| {
            let slot = slots.iter().find(|slot| slot.function == function);
            Self {
                function: function.to_string(),
                vhca_id: silicon.vhca_id_of(function),
                socket: slot.map(|slot| slot.socket.clone()),
                devfn: slot.map(|slot| slot.devfn),
                connected: slot.is_some() && device.connected(function),
                takes_page_requests: silicon.takes_page_requests(function),
                driver: drivers.presence(function),
            }
        });
        functions.collect()
    }
}
