//! Steps that happen at the same time: a race.
//!
//! Each actor does its own in order; in which order the actors take turns is open. `run` plays one order, that of the file;
//! `explore` tries all.

use crate::scenario::step::{GateStep, HostStep, RaceStep, Step, list_alternatives};
use driver::HostOperation;
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

/// A list of what one actor does, in order, as plain steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who, as people call him.
    pub actor: String,
    /// What he does.
    pub steps: Vec<Step>,
}

impl Together {
    /// What every actor does, as plain steps. Who has nothing to do is not there.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let own = [
            Actor::Host(self.host.clone()),
            Actor::Race(self.race.clone()),
            Actor::Firmware(self.firmware.clone()),
            Actor::Gates(self.gates.clone()),
        ];
        let mut lines: Vec<Line> = Vec::new();
        for actor in own.iter().chain(&self.besides) {
            let steps = actor.steps();
            if steps.is_empty() {
                continue;
            }
            let kind = actor.word();
            let of_kind = lines
                .iter()
                .filter(|line| line.actor.split(' ').next() == Some(kind));
            let actor = match of_kind.count() {
                0 => kind.to_owned(),
                others => format!("{kind} {}", others + 1),
            };
            lines.push(Line { actor, steps });
        }
        lines
    }

    /// The same as steps one after the other, as `run` plays them: every host's first operation begins, then firmware and the gate
    /// do their part, then each host goes on as soon as what he does has ended.
    #[must_use]
    pub fn in_file_order(&self) -> Vec<Step> {
        let (hosts, others): (Vec<Line>, Vec<Line>) =
            self.lines().into_iter().partition(|line| line.operates());
        let name = |line: &Line| format!("together: {}", line.actor);
        let begins = hosts.iter().filter_map(|line| {
            let first = line.steps.first()?;
            Some(Step {
                name: Some(name(line)),
                background: true,
                ..first.clone()
            })
        });
        let others = others.into_iter().flat_map(|line| line.steps);
        let ends = hosts.iter().flat_map(|line| {
            let joins = Step {
                host: Some(HostStep::WaitFor(name(line))),
                ..Step::default()
            };
            std::iter::once(joins).chain(line.steps.iter().skip(1).cloned())
        });
        begins.chain(others).chain(ends).collect()
    }

    /// What all hosts do, to change.
    pub(super) fn hosts_mut(&mut self) -> impl Iterator<Item = &mut HostStep> {
        let besides = self.besides.iter_mut().filter_map(|actor| match actor {
            Actor::Host(steps) => Some(steps),
            _ => None,
        });
        besides.chain([&mut self.host]).flatten()
    }

    /// The sizes that stand in the file, where there are any.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let besides = self.besides.iter().filter_map(|actor| match actor {
            Actor::Firmware(lines) => Some(lines),
            _ => None,
        });
        let lines = besides.chain([&self.firmware]).flatten();
        let repeats: Vec<&Repeat> = lines
            .filter_map(|line| match line {
                FirmwareLine::Repeat(repeat) => Some(repeat),
                FirmwareLine::Order(_) => None,
            })
            .collect();
        let enabled = self.lines().into_iter().flat_map(|line| line.steps);
        let enabled = enabled.filter_map(|step| match step.host {
            Some(HostStep::Operation(HostOperation::EnableVfs(number))) => u16::try_from(number).ok(),
            _ => None,
        });
        let in_turn = repeats.iter().filter_map(|repeat| repeat.vfs);
        Sizes {
            vfs: in_turn.chain(enabled).max(),
            requests: repeats.iter().map(|repeat| repeat.times).max(),
        }
    }

    /// All orders to firmware, to change.
    pub fn orders_mut(&mut self) -> impl Iterator<Item = &mut FirmwareOrder> {
        let besides = self.besides.iter_mut().filter_map(|actor| match actor {
            Actor::Firmware(lines) => Some(lines),
            _ => None,
        });
        let lines = besides.chain([&mut self.firmware]).flatten();
        lines.flat_map(|line| match line {
            FirmwareLine::Order(order) => std::slice::from_mut(order),
            FirmwareLine::Repeat(repeat) => repeat.orders.as_mut_slice(),
        })
    }

    /// The same for so many VFs and requests.
    #[must_use]
    pub fn sized(mut self, sizes: Sizes) -> Self {
        let lists = self.besides.iter_mut().filter_map(|actor| match actor {
            Actor::Firmware(lines) => Some(lines),
            _ => None,
        });
        for line in lists.chain([&mut self.firmware]).flatten() {
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

impl Line {
    /// Whether its steps are operations of the host, which take their time.
    #[must_use]
    pub fn operates(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.host.is_some() || step.race.is_some())
    }
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

    fn steps(&self) -> Vec<Step> {
        match self {
            Self::Host(steps) => plain(steps, |host| Step {
                host: Some(host),
                ..Step::default()
            }),
            Self::Gates(steps) => plain(steps, |gate| Step {
                gate: Some(gate),
                ..Step::default()
            }),
            Self::Race(steps) => plain(steps, |race| Step {
                race: Some(race),
                ..Step::default()
            }),
            Self::Firmware(lines) => {
                let orders: Vec<FirmwareOrder> = lines.iter().flat_map(FirmwareLine::orders).collect();
                plain(&orders, |order| Step {
                    firmware: Some(order),
                    ..Step::default()
                })
            }
        }
    }
}

fn plain<T: Clone>(steps: &[T], step: impl Fn(T) -> Step) -> Vec<Step> {
    steps.iter().cloned().map(step).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn together(value: Value) -> Together {
        serde_json::from_value(value).expect("a race of the right form")
    }

    fn drift() -> Together {
        together(json!({
            "host": [{ "enable_vfs": 2 }, "disable_vfs"],
            "firmware": [{ "repeat": {
                "times": 3, "vfs": 2, "orders": [{ "request_pages": { "function": "vf1", "pages": 1 } }],
            } }],
            "besides": [{ "firmware": [{ "request_pages": { "function": "pf", "pages": 2 } }] }],
        }))
    }

    #[test]
    fn every_actor_has_a_line_of_its_own() {
        let lines = drift().lines();
        let actors: Vec<(&str, usize)> = lines
            .iter()
            .map(|line| (line.actor.as_str(), line.steps.len()))
            .collect();
        assert_eq!(actors, [("host", 2), ("firmware", 3), ("firmware 2", 1)]);
    }

    #[test]
    fn what_is_repeated_names_each_function_in_turn() {
        let functions: Vec<Option<Function>> = drift().lines()[1]
            .steps
            .iter()
            .map(|step| match &step.firmware {
                Some(FirmwareOrder::RequestPages(request)) => request.function,
                _ => None,
            })
            .collect();
        assert_eq!(
            functions,
            [1, 2, 1].map(|number| Some(Function::Vf(number))).to_vec()
        );
        let sizes = Sizes {
            vfs: Some(4),
            requests: Some(5),
        };
        assert_eq!(drift().sized(sizes).lines()[1].steps.len(), 5);
    }

    #[test]
    fn in_file_order_hosts_begin_and_are_waited_for() {
        let steps = drift().in_file_order();
        let background: Vec<bool> = steps.iter().map(|step| step.background).collect();
        assert_eq!(background, [true, false, false, false, false, false, false]);
        assert!(matches!(&steps[5].host, Some(HostStep::WaitFor(name)) if name == "together: host"));
    }
}
