//! Steps that happen at the same time: a race.
//!
//! Each actor does its own in order; in which order the actors take turns is open. `run` plays one order, that of the file;
//! `explore` tries all.

use crate::scenario::deed::{GateStep, HostStep, RaceStep, list_alternatives};
use emulator::order::FirmwareOrder;
use prm::Function;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happens at the same time. Each list is one actor's, in order; at least two actors have something to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Together {
    /// What the host's administrator does, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host: Vec<HostStep>,
    /// What firmware does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub firmware: Vec<FirmwareLine>,
    /// What the gate does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateStep>,
    /// Pages that are freed behind the driver's back. Only in `white_box` scenarios, and `free_page` only: where a task stops is
    /// what is open here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub race: Vec<RaceStep>,
    /// Further actors, each at the same time as all others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub besides: Vec<Actor>,
}

/// One more actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Actor {
    /// Another administrator.
    Host(Vec<HostStep>),
    /// Firmware, for other functions.
    Firmware(Vec<FirmwareLine>),
    /// The gate.
    Gates(Vec<GateStep>),
    /// Pages that are freed behind the driver's back.
    Race(Vec<RaceStep>),
}

/// What firmware does next: an order, or some orders several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = list_alternatives)]
pub enum FirmwareLine {
    /// The same orders several times.
    Repeat(Repeat),
    /// An order.
    #[serde(untagged)]
    Order(FirmwareOrder),
}

/// The same orders several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How often. `explore --requests` takes its place.
    pub times: u32,
    /// Where an order names the first VF (or SF, ...), it is the next of so many each time. Absent: it is the first one always.
    /// `explore --vfs` takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vfs: Option<u16>,
    /// The orders.
    pub orders: Vec<FirmwareOrder>,
}

impl Together {
    /// What all hosts do, to change.
    pub(super) fn hosts_mut(&mut self) -> impl Iterator<Item = &mut HostStep> {
        let besides = self.besides.iter_mut().filter_map(|actor| match actor {
            Actor::Host(steps) => Some(steps),
            _ => None,
        });
        besides.chain([&mut self.host]).flatten()
    }

    /// The actors that have a field of their own, whether they have something to do or not.
    pub(super) fn own_actors(&self) -> [Actor; 4] {
        [
            Actor::Host(self.host.clone()),
            Actor::Race(self.race.clone()),
            Actor::Firmware(self.firmware.clone()),
            Actor::Gates(self.gates.clone()),
        ]
    }

    /// All actors.
    pub(super) fn actors(&self) -> impl Iterator<Item = Actor> {
        let besides = self.besides.iter().cloned();
        self.own_actors().into_iter().chain(besides)
    }

    /// All that firmware does, to change.
    fn firmware_lines_mut(&mut self) -> impl Iterator<Item = &mut FirmwareLine> {
        let besides = self.besides.iter_mut().filter_map(|actor| match actor {
            Actor::Firmware(lines) => Some(lines),
            _ => None,
        });
        besides.chain([&mut self.firmware]).flatten()
    }

    /// All orders to firmware, to change.
    pub fn orders_mut(&mut self) -> impl Iterator<Item = &mut FirmwareOrder> {
        self.firmware_lines_mut().flat_map(|line| match line {
            FirmwareLine::Order(order) => std::slice::from_mut(order),
            FirmwareLine::Repeat(repeat) => repeat.orders.as_mut_slice(),
        })
    }

    /// The same for so many VFs and requests.
    #[must_use]
    pub fn sized(mut self, sizes: Sizes) -> Self {
        for line in self.firmware_lines_mut() {
            if let FirmwareLine::Repeat(repeat) = line {
                repeat.times = sizes.requests.unwrap_or(repeat.times);
                repeat.vfs = repeat.vfs.map(|vfs| sizes.vfs.unwrap_or(vfs));
            }
        }
        self
    }
}

/// Sizes of a race that take the place of those in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sizes {
    /// How many VFs are enabled, and asked for in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vfs: Option<u16>,
    /// How often what is repeated happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
}

impl Actor {
    /// The kind of actor in a word.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Host(_) => "host",
            Self::Firmware(_) => "firmware",
            Self::Gates(_) => "gates",
            Self::Race(_) => "race",
        }
    }
}

impl FirmwareLine {
    /// The orders that this comes to, in order.
    #[must_use]
    pub fn orders(&self) -> Vec<FirmwareOrder> {
        match self {
            Self::Order(order) => vec![order.clone()],
            Self::Repeat(repeat) => repeat.expanded(),
        }
    }
}

impl Repeat {
    fn expanded(&self) -> Vec<FirmwareOrder> {
        let rounds = (0..self.times).flat_map(|round| {
            let turn = self.vfs.filter(|&vfs| vfs > 0).map(|vfs| {
                let turn = round % u32::from(vfs);
                u16::try_from(turn).unwrap_or(0) + 1
            });
            self.orders.iter().map(move |order| match turn {
                None | Some(1) => order.clone(),
                Some(turn) => in_turn(order, turn),
            })
        });
        rounds.collect()
    }
}

/// The order with the `turn`-th function where it names the first of several.
fn in_turn(order: &FirmwareOrder, turn: u16) -> FirmwareOrder {
    // INVARIANT: an order that was read from a file can be written and read again; where it could not, it stays as it is.
    let Ok(mut written) = serde_json::to_value(order) else {
        return order.clone();
    };
    rename_first(&mut written, turn);
    serde_json::from_value(written).unwrap_or_else(|_| order.clone())
}

fn rename_first(value: &mut Value, turn: u16) {
    match value {
        Value::String(word) => {
            let renamed = match word.parse() {
                Ok(Function::Vf(1)) => Function::Vf(turn),
                Ok(Function::HostVf(1)) => Function::HostVf(turn),
                Ok(Function::EcVf(1)) => Function::EcVf(turn),
                Ok(Function::Sf(1)) => Function::Sf(turn),
                _ => return,
            };
            *word = renamed.to_string();
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename_first(value, turn)),
        Value::Object(members) => members.values_mut().for_each(|value| rename_first(value, turn)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
