//! Steps: one action by one actor each, and what the books have to say afterwards.

use crate::scenario::deed::{Fault, GateStep, HostStep, RaceStep, TimeStep};
use crate::scenario::expectation::{REVISIONS, StepExpectation};
use crate::scenario::together::Together;
use driver::RevisionName;
use emulator::order::FirmwareOrder;
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
