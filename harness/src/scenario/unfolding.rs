//! What happens together, as plain steps: line by line, or one after the other.

use crate::scenario::deed::HostStep;
use crate::scenario::step::Step;
use crate::scenario::together::{Actor, FirmwareLine, Repeat, Sizes, Together};
use emulator::order::FirmwareOrder;

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
        let mut lines: Vec<Line> = Vec::new();
        for actor in self.actors() {
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

    /// The sizes that stand in the file, where there are any.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let firmware = self.actors().filter_map(|actor| match actor {
            Actor::Firmware(lines) => Some(lines),
            _ => None,
        });
        let repeats: Vec<Repeat> = firmware
            .flatten()
            .filter_map(|line| match line {
                FirmwareLine::Repeat(repeat) => Some(repeat),
                FirmwareLine::Order(_) => None,
            })
            .collect();
        let enabled = self.lines().into_iter().flat_map(|line| line.steps);
        let enabled = enabled.filter_map(|step| u16::try_from(step.host?.enabled_vfs()?).ok());
        let in_turn = repeats.iter().filter_map(|repeat| repeat.vfs);
        Sizes {
            vfs: in_turn.chain(enabled).max(),
            requests: repeats.iter().map(|repeat| repeat.times).max(),
        }
    }
}

impl Step {
    /// The step as plain ones, one after the other: itself, but for what happens together.
    #[must_use]
    pub fn in_file_order(&self) -> Vec<Self> {
        match &self.together {
            Some(together) => together.in_file_order(),
            None => vec![self.clone()],
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use prm::Function;
    use serde_json::{Value, json};

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
