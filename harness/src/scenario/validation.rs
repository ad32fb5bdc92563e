//! Whether a well-formed scenario makes sense: whatever would be ignored in silence, or could never work, is refused.

mod actions;
mod device;
mod expectations;
mod orders;
mod outcomes;
mod presence;
mod sense;
mod silicon;
mod story;
mod together;
mod vfs;
mod warnings;

use crate::scenario::document::{Node, Path};
use crate::scenario::model::ScenarioFile;
use crate::scenario::problem::Collected;
use crate::scenario::step::{ACTORS, Action, Step};
use driver::RevisionName;
use sense::Sense;
use std::collections::BTreeSet;
use story::Story;

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

impl Sense<'_> {
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

    /// Checks the steps, once for each revision if some are not for all: each sees a story of its own.
    fn check_steps(&mut self) {
        let scenario = self.scenario;
        let differ = scenario.steps.iter().any(|step| !step.only.is_empty());
        if !differ {
            return self.check_steps_of(None);
        }
        for (index, step) in scenario.steps.iter().enumerate() {
            let at = Path::default().member("steps").element(index).member("only");
            for revision in step
                .only
                .iter()
                .filter(|revision| scenario.expect.get(**revision).is_none())
            {
                let message = format!("`{revision}` is not run by this scenario");
                let hint = format!("add `{revision}` to the scenario's `expect`, or take it out here");
                self.wrong(&at, message, "never done", hint);
            }
        }
        for (revision, _) in scenario.expect.named() {
            self.story = Story::default();
            let known = std::mem::take(&mut self.problems);
            self.check_steps_of(Some(revision));
            let of_this = std::mem::replace(&mut self.problems, known.clone());
            self.problems.extend(of_this, |problem| !known.has(problem));
        }
    }

    /// Checks the steps of a revision, or all of them.
    fn check_steps_of(&mut self, revision: Option<RevisionName>) {
        let scenario = self.scenario;
        let steps = Path::default().member("steps");
        let later: BTreeSet<&str> = scenario
            .steps
            .iter()
            .filter_map(|step| step.name.as_deref())
            .collect();
        for (index, step) in scenario.steps.iter().enumerate() {
            if revision.is_some_and(|revision| !step.is_for(revision)) {
                continue;
            }
            let path = steps.element(index);
            self.check_step_name(step, index, &path);
            match step.actions().as_slice() {
                [action] => {
                    self.check_action(*action, step, &path, &later);
                    if let Action::Together(together) = action {
                        self.check_together(together, &path.member(action.actor()), &later);
                    }
                }
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
}
