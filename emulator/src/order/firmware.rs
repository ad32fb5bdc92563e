//! Orders to firmware and to the gate.

use super::answer::Answer;
use super::interrupts::{InterruptRule, SpuriousInterrupt};
use super::other_functions::{FunctionsChanged, VhcaStateOrder};
use super::page_request::PageRequest;
use super::stray_event::StrayEvent;
use crate::config::{OnDisable, ReturnOrder};
use prm::{Function, Opcode, PageMode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An order to firmware, carried out at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// The device's link to its host goes down or comes back. While it is down nobody reaches the device: registers and
    /// configuration space read all ones, what is written is lost, and there are no DMA, no events and no interrupts.
    Link(LinkState),
    /// Post a vport change event (type 0x0d).
    VportChange {
        /// Vport number.
        vport: u16,
    },
    /// Functions of other hosts came or went: update QUERY_ESW_FUNCTIONS and post the event (type 0x0e).
    FunctionsChanged(FunctionsChanged),
    /// A function changed its state: post a VHCA state change event (type 0x0f).
    VhcaState(VhcaStateOrder),
    /// Post an event about what the device does not have.
    StrayEvent(StrayEvent),
    /// Another host has asked for a reset of firmware, and it goes on: post the event that asks this one's driver.
    SyncReset(SyncResetOrder),
    /// Install a rule for the interrupts of an event queue: lost, late, or one for several events.
    Interrupts(InterruptRule),
    /// Raise the vector of an event queue without an event.
    SpuriousInterrupt(SpuriousInterrupt),
    /// Change what the device is or does, for what comes.
    Reconfigure(Reconfigure),
    /// Carry out an order at the interface of another function than the one under test: its driver is asked for pages and told of
    /// errors and events.
    At(OrderAt),
}

/// An order at the interface of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderAt {
    /// Whose interface (`pf2`, `vf1`, ...).
    pub function: Function,
    /// The order. Functions in it are those that this interface can name.
    pub order: Box<FirmwareOrder>,
}

/// What firmware asks for, on behalf of another host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncResetOrder {
    /// Whether firmware may be reset.
    Request,
    /// To unload: firmware is reset once the driver has said that it has.
    Unload,
    /// Nothing any more.
    Abort,
}

/// Which commands a rule or a hold is about. Absent fields match anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandMatch {
    /// Command name, as `MANAGE_PAGES`.
    #[schemars(extend("enum" = opcode_names()))]
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
    /// Whose command interface it came through (default: that at which the rule was
    /// installed, which for an order in a file is the function under test).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Function>,
    /// How many matching commands to let pass first.
    #[serde(default)]
    pub skip: u32,
}

/// A rule about answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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

/// The names that a rule may be about.
fn opcode_names() -> Vec<&'static str> {
    Opcode::ALL.iter().map(|opcode| opcode.name()).collect()
}

pub(super) const fn once() -> u32 {
    1
}

/// A rule about what firmware does by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceError {
    /// Health syndrome; 0 says that the device is healthy again.
    pub syndrome: u8,
    /// Severity bit 7: the driver must treat the device as lost.
    #[serde(default)]
    pub fatal: bool,
}

/// The link between a device and its host (PCI Express: `DL_Active`, `DL_Inactive`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// The host reaches the device.
    #[default]
    Up,
    /// It does not. What firmware makes of that is `firmware.on_link_down`.
    Down,
}

impl LinkState {
    /// Its word in a sentence.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// Changes to the device. Absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Hash)]
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
    #[schemars(with = "BTreeMap<String, u16>", extend("propertyNames" = { "pattern": prm::function::PATTERN }))]
    pub vhca_ids: BTreeMap<Function, u16>,
    /// The VFs that are delegated from now on (`adjacent_vf1`, ...). No event tells of it: the eswitch manager asks when it
    /// goes to switchdev mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjacent_vfs: Option<BTreeSet<Function>>,
}

/// An order to the gate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
