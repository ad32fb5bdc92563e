//! Outcomes on Linux: whether there are several, and whether each could be seen.

use super::sense::Sense;
use crate::scenario::document::Path;
use crate::scenario::expectation::Books;
use crate::scenario::outcome::LinuxOutcome;
use crate::scenario::problem::suggestion;
use driver::RevisionName;

impl Sense<'_> {
    pub(super) fn check_linux_outcomes(&mut self) {
        let scenario = self.scenario;
        let path = Path::default().member("linux_outcomes");
        if scenario.linux_outcomes.len() == 1 {
            let hint = "name the other ways it may end, too; if there is none, put it into `expect`";
            self.wrong(&path, "one outcome is no choice", "only one", hint);
        }
        if !scenario.linux_outcomes.is_empty() && scenario.expect.get(RevisionName::Merged).is_none() {
            let hint = "Linux is judged as `merged`: add it to the scenario's `expect`";
            self.wrong_name(
                &path,
                "`merged` is not run by this scenario",
                "never compared",
                hint,
            );
        }
        for (index, outcome) in scenario.linux_outcomes.iter().enumerate() {
            self.check_linux_outcome(outcome, &path.element(index));
        }
    }

    fn check_linux_outcome(&mut self, outcome: &LinuxOutcome, path: &Path) {
        let scenario = self.scenario;
        if outcome.why.trim().is_empty() {
            self.wrong(
                &path.member("why"),
                "`why` is empty",
                "empty",
                "a reader needs it",
            );
        }
        if outcome.steps.is_empty() && outcome.warnings.is_none() {
            let hint = "name what the books show then, by step, or the warnings";
            self.wrong(path, "nothing tells this outcome from others", "empty", hint);
        }
        for (reference, books) in &outcome.steps {
            let at = path.member("steps").member(reference);
            let Some(step) = scenario
                .step_index(reference)
                .and_then(|index| scenario.steps.get(index))
            else {
                let names = scenario.steps.iter().filter_map(|step| step.name.as_deref());
                let hint = suggestion(reference, names);
                self.wrong_name(
                    &at,
                    format!("there is no step `{reference}`"),
                    "no such step",
                    hint,
                );
                continue;
            };
            self.check_books(books, step, &at);
            self.check_visible(books, &at);
        }
        if let Some(warnings) = &outcome.warnings {
            self.check_warnings(warnings, &path.member("warnings"));
        }
    }

    /// Linux has no window for some of what our driver shows.
    fn check_visible(&mut self, books: &Books, path: &Path) {
        let hint = "Linux shows the counters of debugfs, `self` and `none`, and firmware's ledger is there in any case";
        for (field, given) in [
            ("roots", !books.roots.is_empty()),
            ("took_s", books.took_s.is_some()),
            ("took_ms", books.took_ms.is_some()),
            ("enabled_vports", books.enabled_vports.is_some()),
        ] {
            if given {
                let message = format!("`{field}` cannot be seen on Linux");
                self.wrong_name(&path.member(field), message, "never compared", hint);
            }
        }
        for name in books.counters.keys() {
            if name == "quarantine" {
                let at = path.member("counters").member(name);
                let message = format!("`{name}` cannot be seen on Linux");
                self.wrong_name(&at, message, "never compared", hint);
            }
        }
    }
}
