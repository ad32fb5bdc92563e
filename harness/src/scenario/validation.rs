//! Whether a well-formed scenario makes sense: whatever would be ignored in silence, or could never work, is refused.

mod actions;
mod device;
mod expectations;
mod orders;
mod outcomes;
mod presence;
mod silicon;
mod vfs;
mod warnings;

use crate::scenario::document::{Node, Path};
use crate::scenario::model::{Reachability, ScenarioFile};
use crate::scenario::problem::{Collected, Problem};
use crate::scenario::step::{ACTORS, Step};
use presence::{Driver, Given};
use prm::Function;
use std::collections::{BTreeMap, BTreeSet};

/// Everything in `scenario`, read from `root`, that makes no sense. `stem` is what its name has to be.
#[must_use]
pub fn sense_problems(scenario: &ScenarioFile, root: &Node, stem: Option<&str>) -> Collected {
    let mut sense = Sense {
        scenario,
        root,
        problems: Collected::default(),
        story: Story::default(),
        interfaces: None,
    };
    sense.check_head(stem);
    sense.check_device();
    sense.check_silicon();
    sense.check_steps();
    sense.check_expectations();
    sense.check_linux_outcomes();
    sense.problems
}

/// The check in progress.
struct Sense<'a> {
    scenario: &'a ScenarioFile,
    root: &'a Node,
    problems: Collected,
    story: Story,
    /// The functions that a driver can be bound to, where the device can be made.
    interfaces: Option<Vec<Function>>,
}

/// What the steps so far have set up.
#[derive(Default)]
struct Story {
    step_names: BTreeMap<String, usize>,
    /// Background operations, and whether they have been joined.
    background: BTreeMap<String, bool>,
    /// Holds, and whether they have been released.
    holds: BTreeMap<String, bool>,
    scalable_functions: BTreeSet<u16>,
    /// The device's own numbers of the functions that were added, by the numbers of `add_sf`; `None` once that
    /// depends on what has been let go.
    device_numbers: Option<BTreeMap<u16, u16>>,
    /// How many have been added.
    added: u16,
    driver: Driver,
    given: Given,
    /// How many rules of each kind there are: answers, reactions.
    rules: [usize; 2],
    paused: BTreeSet<String>,
    /// Drivers on other functions: whether they are loaded, where that can be told.
    loads: BTreeMap<Function, Option<bool>>,
}

impl Sense<'_> {
    /// A problem with the value at `path`.
    fn wrong(&mut self, path: &Path, message: impl Into<String>, label: &str, hint: impl Into<String>) {
        let span = self.root.find(path).span.clone();
        self.problems.push(Problem {
            message: message.into(),
            label: label.to_owned(),
            hint: Some(hint.into()),
            span,
            path: path.clone(),
        });
    }

    /// A problem with the name of the member at `path`.
    fn wrong_name(&mut self, path: &Path, message: impl Into<String>, label: &str, hint: impl Into<String>) {
        self.wrong(path, message, label, hint);
        if let Some(problem) = self.problems.last_mut() {
            problem.span = self.root.name_span(path);
        }
    }

    fn check_head(&mut self, stem: Option<&str>) {
        let scenario = self.scenario;
        let top = Path::default();
        if let Some(stem) = stem
            && stem != scenario.name
        {
            let message = format!("the scenario is called `{}`, its file `{stem}`", scenario.name);
            self.wrong(
                &top.member("name"),
                message,
                "not the file's name",
                format!("write \"{stem}\", or rename the file"),
            );
        }
        let texts = [
            ("row", &scenario.row),
            ("concern", &scenario.concern),
            ("why", &scenario.why),
        ];
        for (field, _) in texts.iter().filter(|(_, text)| text.trim().is_empty()) {
            self.wrong(
                &top.member(field),
                format!("`{field}` is empty"),
                "empty",
                "a reader needs it",
            );
        }
        if ![4096, 65536].contains(&scenario.host.page_size) {
            let path = top.member("host").member("page_size");
            self.wrong(
                &path,
                "no such page size",
                "unknown",
                "allowed are 4096 and 65536",
            );
        }
        if scenario.expect.named().next().is_none() {
            let hint = "name at least one of `reviewed`, `merged` and `robust`";
            self.wrong(
                &top.member("expect"),
                "`expect` names no revision: nothing would run",
                "empty",
                hint,
            );
        }
        if scenario.steps.is_empty() {
            let hint = "most scenarios begin with {\"host\": \"load\"}";
            self.wrong(&top.member("steps"), "the scenario has no step", "empty", hint);
        }
    }

    fn check_steps(&mut self) {
        let scenario = self.scenario;
        let steps = Path::default().member("steps");
        let later: BTreeSet<&str> = scenario
            .steps
            .iter()
            .filter_map(|step| step.name.as_deref())
            .collect();
        for (index, step) in scenario.steps.iter().enumerate() {
            let path = steps.element(index);
            self.check_step_name(step, index, &path);
            match step.actions().as_slice() {
                [action] => self.check_action(*action, step, &path, &later),
                [] => {
                    let hint = format!("give it one of `{}`", ACTORS.join("`, `"));
                    self.wrong(&path, "the step says not who acts", "no actor", hint);
                }
                several => {
                    let message = format!("the step has {} actors; it must have one", several.len());
                    let named = |actor: &&&str| self.root.find(&path).get(actor).is_some();
                    let second = ACTORS.iter().filter(named).nth(1).copied().unwrap_or_default();
                    let hint = "make it several steps, in the order in which they happen";
                    self.wrong_name(&path.member(second), message, "another actor", hint);
                }
            }
        }
    }

    fn check_step_name(&mut self, step: &Step, index: usize, path: &Path) {
        let Some(name) = &step.name else { return };
        let at = path.member("name");
        if name.trim().is_empty() || name.parse::<u64>().is_ok() {
            let hint = "numbers stand for the steps' own numbers; use a word";
            self.wrong(
                &at,
                format!("`{name}` cannot be the name of a step"),
                "no name",
                hint,
            );
        }
        if let Some(first) = self.story.step_names.insert(name.clone(), index) {
            let message = format!("step {} is called `{name}` already", first + 1);
            self.wrong(&at, message, "the same name again", "names of steps are unique");
            self.story.step_names.insert(name.clone(), first);
        }
    }

    /// Whether the scenario says of itself that it stops the driver between two of its steps.
    fn is_white_box(&self) -> bool {
        self.scenario.reachability == Reachability::WhiteBox
    }
}
