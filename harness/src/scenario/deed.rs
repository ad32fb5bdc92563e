//! What the actors of a step can do.

use driver::HostOperation;
use emulator::order::{GateOrder, Hold};
use prm::Function;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

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

impl HostStep {
    /// How many VFs it enables, if it does.
    #[must_use]
    pub const fn enabled_vfs(&self) -> Option<i32> {
        match self {
            Self::Operation(HostOperation::EnableVfs(number)) => Some(*number),
            _ => None,
        }
    }
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
