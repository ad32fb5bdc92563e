//! A scenario as a race: what comes before it, who takes part, what comes after.

use crate::scenario::{Action, HostStep, Line, RaceStep, ScenarioFile, Step};
use driver::RevisionName;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Done once, in order.
    pub before: Vec<Step>,
    /// Done at the same time, each in order.
    pub lines: Vec<Line>,
    /// Done on every end, in order.
    pub after: Vec<Step>,
}

/// A scenario in which nothing happens at the same time as something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing in this scenario happens at the same time as something else")]
pub struct NoRace;

impl Plan {
    /// The race of a scenario: its first step `together`, or what happens from its first step in the background on until the last
    /// of those is waited for.
    ///
    /// # Errors
    /// [`NoRace`].
    pub fn of(scenario: &ScenarioFile, revision: RevisionName) -> Result<Self, NoRace> {
        let steps: Vec<Step> = scenario.steps_of(revision).cloned().collect();
        if let Some(place) = steps.iter().position(|step| step.together.is_some()) {
            let (before, rest) = steps.split_at(place);
            let Some((race, after)) = rest.split_first() else {
                return Err(NoRace);
            };
            return Ok(Self {
                before: before.to_vec(),
                lines: race
                    .together
                    .iter()
                    .flat_map(|together| together.lines())
                    .collect(),
                after: after.iter().flat_map(Step::in_file_order).collect(),
            });
        }
        let Some(first) = steps.iter().position(|step| step.background) else {
            return Err(NoRace);
        };
        let last = steps.iter().rposition(joins).map_or(steps.len(), |last| last + 1);
        let last = last.max(first + 1);
        Ok(Self {
            before: steps[..first].to_vec(),
            lines: lines_of(&steps[first..last]),
            after: steps[last..].to_vec(),
        })
    }
}

fn joins(step: &Step) -> bool {
    matches!(step.host, Some(HostStep::WaitFor(_)))
}

/// Steps by who takes them. Where a task stops, and how long something takes, is open in a race: those who say so are left out.
fn lines_of(steps: &[Step]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for step in steps {
        let actor = match step.action() {
            Some(Action::Host(_) | Action::Fault(_) | Action::Race(RaceStep::FreePage { .. })) => "host",
            Some(Action::Firmware(_)) => "firmware",
            Some(Action::Gate(_)) => "gates",
            Some(Action::Race(_) | Action::Time(_) | Action::Together(_)) | None => continue,
        };
        match lines.iter_mut().find(|line| line.actor == actor) {
            Some(line) => line.steps.push(step.clone()),
            None => lines.push(Line {
                actor: actor.to_owned(),
                steps: vec![step.clone()],
            }),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn scenario(steps: Value) -> ScenarioFile {
        serde_json::from_value(json!({
            "name": "race", "row": "1", "concern": "c", "why": "w", "reachability": "compliant_firmware",
            "device": { "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" },
            "steps": steps, "expect": { "merged": {} },
        }))
        .expect("a scenario of the right form")
    }

    fn plan(steps: Value) -> Result<Plan, NoRace> {
        Plan::of(&scenario(steps), RevisionName::Merged)
    }

    #[test]
    fn what_happens_together_is_the_race() {
        let plan = plan(json!([
            { "host": "load" },
            { "together": {
                "host": [{ "enable_vfs": 1 }],
                "firmware": [{ "request_pages": { "function": "vf1", "pages": 1 } }],
            } },
            { "host": "unload" },
        ]))
        .expect("a race");
        assert_eq!((plan.before.len(), plan.lines.len(), plan.after.len()), (1, 2, 1));
    }

    #[test]
    fn background_steps_make_a_race_of_what_comes_until_they_are_waited_for() {
        let plan = plan(json!([
            { "host": "load" },
            { "host": { "enable_vfs": 1 }, "name": "on", "background": true },
            { "time": { "pass_ms": 5 } },
            { "firmware": { "request_pages": { "function": "vf1", "pages": 1 } } },
            { "host": { "wait_for": "on" } },
            { "host": "unload" },
        ]))
        .expect("a race");
        let actors: Vec<(&str, usize)> = plan
            .lines
            .iter()
            .map(|line| (line.actor.as_str(), line.steps.len()))
            .collect();
        assert_eq!(actors, [("host", 2), ("firmware", 1)]);
        assert_eq!((plan.before.len(), plan.after.len()), (1, 1));
    }

    #[test]
    fn one_step_after_the_other_is_no_race() {
        assert_eq!(plan(json!([{ "host": "load" }])), Err(NoRace));
    }
}
