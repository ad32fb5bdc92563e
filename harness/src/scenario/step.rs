//! Steps: one action by one actor each, and what the books have to say afterwards.

use crate::scenario::expectation::{REVISIONS, StepExpectation};
use crate::scenario::together::Together;
use driver::{HostOperation, RevisionName};
use emulator::order::{FirmwareOrder, GateOrder, Hold};
use prm::Function;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// One step. Exactly one of `host`, `firmware`, `gate`, `fault`, `race`, `time` and `together` says who acts and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// The host's administrator does something, and the step ends when it is done (unless in the background).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostStep>,
    /// Firmware does something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware: Option<FirmwareOrder>,
    /// The gate holds firmware or lets it go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateStep>,
    /// The host's allocators are told to fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The Rust driver is stopped between two of its own steps. Only in `white_box` scenarios.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub race: Option<RaceStep>,
    /// Time passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeStep>,
    /// Several actors act at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<Together>,
    /// The revisions that the step is for; absent: all. The others go on with the next one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "revisions")]
    pub only: Vec<RevisionName>,
    /// Name of the step. A step in the background needs one, so that it can be waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a reader should know about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Host steps only: start the operation and go on. A later `{"host": {"wait_for": "<name>"}}` joins it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
    /// What has to hold when the step has ended.
    #[serde(skip_serializing_if = "StepExpectation::is_empty")]
    pub expect: StepExpectation,
}

/// Who acts in a step, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// The host.
    Host(&'a HostStep),
    /// Firmware.
    Firmware(&'a FirmwareOrder),
    /// The gate.
    Gate(&'a GateStep),
    /// The host's allocators.
    Fault(&'a Fault),
    /// A race point in the Rust driver.
    Race(&'a RaceStep),
    /// The clock.
    Time(&'a TimeStep),
    /// Several at the same time.
    Together(&'a Together),
}

impl Action<'_> {
    /// The field of a step that names its actor.
    #[must_use]
    pub const fn actor(&self) -> &'static str {
        match self {
            Self::Host(_) => "host",
            Self::Firmware(_) => "firmware",
            Self::Gate(_) => "gate",
            Self::Fault(_) => "fault",
            Self::Race(_) => "race",
            Self::Time(_) => "time",
            Self::Together(_) => "together",
        }
    }
}

/// The fields of a step that name an actor.
pub const ACTORS: [&str; 7] = ["host", "firmware", "gate", "fault", "race", "time", "together"];

/// A list of revisions.
fn revisions(_: &mut SchemaGenerator) -> Schema {
    let names = REVISIONS.map(|revision| revision.to_string());
    json_schema!({ "type": "array", "items": { "type": "string", "enum": names } })
}

impl Step {
    /// Whether a run of this revision does it.
    #[must_use]
    pub fn is_for(&self, revision: RevisionName) -> bool {
        self.only.is_empty() || self.only.contains(&revision)
    }

    /// Every action the step names. A valid step has exactly one.
    #[must_use]
    pub fn actions(&self) -> Vec<Action<'_>> {
        [
            self.host.as_ref().map(Action::Host),
            self.firmware.as_ref().map(Action::Firmware),
            self.gate.as_ref().map(Action::Gate),
            self.fault.as_ref().map(Action::Fault),
            self.race.as_ref().map(Action::Race),
            self.time.as_ref().map(Action::Time),
            self.together.as_ref().map(Action::Together),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The step as plain ones, one after the other: itself, but for what happens together.
    #[must_use]
    pub fn in_file_order(&self) -> Vec<Self> {
        match &self.together {
            Some(together) => together.in_file_order(),
            None => vec![self.clone()],
        }
    }

    /// The step's action; `None` where the step has none or several, which no valid file has.
    #[must_use]
    pub fn action(&self) -> Option<Action<'_>> {
        let actions = self.actions();
        if actions.len() == 1 {
            actions.into_iter().next()
        } else {
            None
        }
    }
}

/// What the host's administrator can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = list_alternatives)]
pub enum HostStep {
    /// Write 1 to `reset` of this function: a function-level reset.
    Flr(Function),
    /// Join the operation that the named step started in the background.
    WaitFor(String),
    /// A second driver instance, on a VF or an SF.
    Function(FunctionStep),
    /// What the driver of the function under test does, by the driver's own words.
    #[serde(untagged)]
    Operation(HostOperation),
}

/// Puts the alternatives that have no name of their own into one list with the others, before them.
pub(super) fn list_alternatives(schema: &mut Schema) {
    let alternatives = ["anyOf", "oneOf"]
        .into_iter()
        .find_map(|kind| schema.remove(kind));
    let Some(serde_json::Value::Array(alternatives)) = alternatives else {
        return;
    };
    let (operations, mut others): (Vec<_>, Vec<_>) = alternatives
        .into_iter()
        .partition(|alternative| alternative.get("oneOf").is_some());
    let mut listed: Vec<serde_json::Value> = operations
        .iter()
        .filter_map(|operations| operations["oneOf"].as_array())
        .flatten()
        .cloned()
        .collect();
    listed.append(&mut others);
    schema.insert("oneOf".to_owned(), listed.into());
}

/// A step of a second driver instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionStep {
    /// The function it is bound to.
    pub which: Function,
    /// What it does.
    #[serde(rename = "do")]
    pub operation: FunctionOperation,
}

/// What a second driver instance can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunctionOperation {
    /// Bind.
    Load,
    /// Remove.
    Unload,
}

/// What the gate can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GateStep {
    /// Hold the next matching command.
    Hold(Hold),
    /// Let a held command go on, or take back a hold that caught none.
    Release {
        /// The name given to the hold.
        name: String,
    },
    /// Let things run, and time pass, until the hold has caught a command.
    WaitHeld {
        /// The name given to the hold.
        name: String,
    },
}

impl GateStep {
    /// The order for the device; `None` where the harness itself has to wait.
    #[must_use]
    pub fn order(&self) -> Option<GateOrder> {
        match self {
            Self::Hold(hold) => Some(GateOrder::Hold(hold.clone())),
            Self::Release { name } => Some(GateOrder::Release { name: name.clone() }),
            Self::WaitHeld { .. } => None,
        }
    }
}

/// A failure of the host's allocators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An allocation at a named place in the driver.
    Allocation(AllocationFault),
    /// The allocation of a host page.
    PageAllocation(FaultCount),
    /// The mapping of a host page for DMA.
    Mapping(FaultCount),
}

/// A failing allocation at a named place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocationFault {
    /// The place, as `page_root`.
    #[schemars(extend("enum" = ALLOCATION_SITES))]
    pub site: String,
    /// How many to let succeed first.
    #[serde(default)]
    pub skip: u32,
    /// How many fail then.
    #[serde(default = "once")]
    pub times: u32,
}

/// How many allocations fail, and after how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultCount {
    /// How many to let succeed first.
    #[serde(default)]
    pub skip: u32,
    /// How many fail then.
    #[serde(default = "once")]
    pub times: u32,
}

const fn once() -> u32 {
    1
}

/// Places in the driver where an allocation can be made to fail.
pub const ALLOCATION_SITES: [&str; 8] = [
    "functions_changed",
    "mailbox",
    "page_buffer",
    "page_request",
    "page_root",
    "type_map",
    "vhca_state",
    "vport_map",
];

/// What can be done at a race point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RaceStep {
    /// Stop the next task that gets there.
    Pause {
        /// The race point, as `migrate.erased_old_key`.
        #[schemars(extend("enum" = RACE_POINTS))]
        at: String,
    },
    /// Let it go on.
    Resume {
        /// The race point.
        #[schemars(extend("enum" = RACE_POINTS))]
        at: String,
    },
    /// Free one boot page that the driver holds under this owner key.
    FreePage {
        /// The owner key.
        key: u32,
    },
}

/// What the clock can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TimeStep {
    /// This many milliseconds of virtual time pass.
    PassMs(u64),
    /// Time passes until no task and no scheduled device work is left.
    Quiesce,
}

/// Places in the Rust driver where it can be stopped.
pub use driver::runtime::RACE_POINTS;
