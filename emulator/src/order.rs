//! What a scenario, or a person at the control socket, can tell firmware to do: page requests, holds, answers
//! that are not the usual ones.
//!
//! Orders are data. They reach a device that any driver may be bound to, the Linux one included: nothing
//! in them needs a look into the driver.

use crate::config::{OnDisable, ReturnOrder};
use prm::{Function, PageMode, WireIdentity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// How many answers, how many reactions and how many holds may be in force at a time. A reaction can install rules itself,
/// without end if it applies to every command.
pub const MAX_RULES: usize = 1024;

/// How many page requests may be open, and how many pieces of work may be put off to a later time: reactions with a delay, and
/// pages that a disabled function gives back. A rule that applies to every command makes any number of them.
pub const MAX_PENDING: usize = 1024;

/// How many orders one reaction may have.
pub const MAX_ORDERS: usize = 64;

/// The longest name of a hold, in bytes.
pub const LONGEST_NAME: usize = 256;

/// An order to firmware, carried out at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FirmwareOrder {
    /// Post a page request event.
    RequestPages(PageRequest),
    /// Install a rule: from now on a matching command is answered differently.
    Answer(AnswerRule),
    /// Install a rule: when a matching command has been executed, carry out further orders.
    When(ReactionRule),
    /// Forget every page and the page mode, as a firmware reset does. No event is posted.
    Reset {},
    /// Report an error through the health buffer.
    DeviceError(DeviceError),
    /// Post a vport change event (type 0x0d).
    VportChange {
        /// Vport number.
        vport: u16,
    },
    /// The external host changed its number of VFs: update QUERY_ESW_FUNCTIONS and post the event (type 0x0e).
    FunctionsChanged {
        /// host_num_of_vfs from now on.
        host_vfs: u16,
    },
    /// Change what the device is or does, for what comes.
    Reconfigure(Reconfigure),
}

/// A page request event (type 0x0b).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// Whom the pages are for, by name; the identity on the wire follows from the page mode in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// Whom the pages are for, by the raw identity on the wire. Exactly one of `function` and `identity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<WireIdentity>,
    /// Signed count in 4 KiB pages: positive asks for pages, negative gives them back.
    #[serde(default)]
    pub pages: i32,
    /// The release-all flag (0x4000). Firmware forgets the function's pages with it.
    #[serde(default)]
    pub release_all: bool,
}

/// Which commands a rule or a hold is about. Absent fields match anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandMatch {
    /// Command name, as `MANAGE_PAGES`.
    pub command: String,
    /// The op_mod of the command (MANAGE_PAGES: 0 cannot give, 1 give, 2 take).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op_mod: Option<u16>,
    /// The id in its input: function_id, vhca_id or vport number, whichever the command carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u16>,
    /// The same by name: the function the command is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// Whether it is about another function than its endpoint's own: other_function, other_vport, or an id that does not
    /// name the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<bool>,
    /// Whose command interface it came through (default: the function under test).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Function>,
    /// How many matching commands to let pass first.
    #[serde(default)]
    pub skip: u32,
}

/// A rule about answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// Which commands.
    pub to: CommandMatch,
    /// What happens to them.
    pub with: Answer,
    /// How many of them (absent: once; 0: all from now on).
    #[serde(default = "once")]
    pub times: u32,
}

const fn once() -> u32 {
    1
}

/// An unusual answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Not executed; refused with a status and syndrome.
    Refuse {
        /// Command status.
        status: u8,
        /// Syndrome.
        #[serde(default)]
        syndrome: u32,
    },
    /// Executed only after this delay, and completed then.
    Late {
        /// Delay on the virtual clock.
        after_ms: u32,
    },
    /// Executed at the doorbell, completed after this delay.
    CompletedLate {
        /// Delay on the virtual clock.
        after_ms: u32,
    },
    /// Neither executed nor completed, ever (unless the device is reset).
    Never {},
    /// Executed and completed, but the completion event and its interrupt are lost.
    LostEvent {},
    /// Not executed, and answered with success.
    Accept {},
    /// Outstanding until the function under test has been given what these requests ask for. They are posted when
    /// the command arrives. A command behind a request that gives back waits only for those that ask for pages. If the
    /// driver answers that it cannot give, the command fails with status 0xf.
    Needs {
        /// Requests, posted in this order.
        requests: Vec<PageRequest>,
    },
    /// MANAGE_PAGES(take) only: the count field claims this many more than are listed and returned.
    ClaimExtra {
        /// How many more.
        pages: u32,
    },
    /// MANAGE_PAGES(take) only: answered with this many addresses that were never given, instead of owned pages.
    UnknownPages {
        /// How many.
        pages: u32,
    },
    /// MANAGE_PAGES(take) only: these offsets into the owned pages (in return order) are returned as listed,
    /// repetitions included, and only the distinct ones change hands.
    Returns {
        /// Indices into the owned pages.
        indices: Vec<u32>,
    },
    /// QUERY_PAGES only: the answer carries this count.
    PageCount {
        /// Signed count of 4 KiB pages.
        pages: i32,
    },
}

/// A rule about what firmware does by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReactionRule {
    /// Which commands, once executed.
    pub command: CommandMatch,
    /// How long after.
    #[serde(default)]
    pub after_ms: u32,
    /// What to do then.
    pub then: Vec<FirmwareOrder>,
    /// How many of them (absent: once; 0: all from now on).
    #[serde(default = "once")]
    pub times: u32,
}

/// A device error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceError {
    /// Health syndrome; 0 says that the device is healthy again.
    pub syndrome: u8,
    /// Severity bit 7: the driver must treat the device as lost.
    #[serde(default)]
    pub fatal: bool,
}

/// Changes to the device. Absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reconfigure {
    /// Boot demand from the next QUERY_PAGES(boot) on.
    pub boot: Option<i32>,
    /// Init demand from the next QUERY_PAGES(init) on.
    pub init: Option<i32>,
    /// The MAX capability from the next query on.
    pub page_mode: Option<PageMode>,
    /// What happens to a disabled function's pages.
    pub on_disable: Option<OnDisable>,
    /// Which pages go back first.
    pub return_order: Option<ReturnOrder>,
    /// vhca_ids by function.
    #[schemars(with = "BTreeMap<String, u16>")]
    pub vhca_ids: BTreeMap<Function, u16>,
}

/// An order to the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GateOrder {
    /// Hold the next matching command.
    Hold(Hold),
    /// Let a held command go on, or take back a hold that caught none.
    Release {
        /// The name given to the hold.
        name: String,
    },
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Its name, for `release` and in the report.
    pub name: String,
    /// Which command to catch (one).
    pub command: CommandMatch,
    /// Where to hold it.
    #[serde(default)]
    pub at: HoldPoint,
    /// Requests to post when it is caught, in this order.
    #[serde(default)]
    pub posts: Vec<PageRequest>,
}

/// Where a command is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldPoint {
    /// Read, not executed.
    #[default]
    BeforeExecution,
    /// Executed, outputs not written.
    BeforeCompletion,
    /// Outputs and owner bit written, completion event not posted.
    BeforeEvent,
}

/// An order that makes no sense for this device now.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OrderError {
    /// A page request names its function and its identity, or neither.
    #[error("a page request has exactly one of `function` and `identity`")]
    OneOfFunctionAndIdentity,
    /// The silicon has no such function, or it is nothing that can be asked for here.
    #[error("this device has no function {0}")]
    UnknownFunction(Function),
    /// The page mode in force has no name for the function.
    #[error("the page mode in force has no identity for {0}")]
    NoIdentity(Function),
    /// Nobody would see the event.
    #[error("no event queue takes this event")]
    NoEventQueue,
    /// The command is not known by name.
    #[error("there is no command `{0}`")]
    UnknownCommand(String),
    /// More VFs than the external host has.
    #[error("`host_vfs` is more than the external host has")]
    TooManyHostVfs,
    /// There is a hold of this name.
    #[error("there is a hold `{0}` already")]
    HoldExists(String),
    /// There is no hold of this name.
    #[error("there is no hold `{0}`")]
    UnknownHold(String),
    /// As many rules or holds of this kind are in force as may be.
    #[error("there are {MAX_RULES} of this kind in force already")]
    TooManyRules,
    /// As many page requests are open as may be.
    #[error("{MAX_PENDING} page requests are open already")]
    TooManyRequests,
    /// As much work is put off as may be.
    #[error("{MAX_PENDING} reactions and returns of pages are pending already")]
    TooMuchPending,
    /// A reaction with too many orders.
    #[error("a reaction has at most {MAX_ORDERS} orders")]
    TooManyOrders,
    /// The name of a hold is too long.
    #[error("the name of a hold has at most {LONGEST_NAME} bytes")]
    NameTooLong,
}

impl OrderError {
    /// The error without the names in it, for records.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::OneOfFunctionAndIdentity => {
                "a page request names its function and its identity, or neither"
            }
            Self::UnknownFunction(_) => "an order names a function that the device does not have",
            Self::NoIdentity(_) => "the page mode in force has no identity for the function of an order",
            Self::NoEventQueue => "no event queue takes the event of an order",
            Self::UnknownCommand(_) => "an order names a command that does not exist",
            Self::TooManyHostVfs => "an order enables more VFs than the external host has",
            Self::HoldExists(_) => "an order installs a hold that exists",
            Self::UnknownHold(_) => "an order names a hold that does not exist",
            Self::TooManyRules => "an order installs one rule too many",
            Self::TooManyRequests => "too many page requests are open",
            Self::TooMuchPending => "too many reactions and returns of pages are pending",
            Self::TooManyOrders => "an order installs a reaction with too many orders",
            Self::NameTooLong => "an order installs a hold with a name that is too long",
        }
    }
}
