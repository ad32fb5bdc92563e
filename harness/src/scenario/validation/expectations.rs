//! Expectations: whether each can be compared with something, and whether each revision is judged at all.

use super::sense::Sense;
use crate::scenario::document::{Content, Path};
use crate::scenario::duration_range::MsRange;
use crate::scenario::expectation::{Books, End, ExpectedViolation, REVISIONS};
use crate::scenario::invariant::Subject;
use crate::scenario::problem::suggestion;
use crate::scenario::step::{Action, Step};
use crate::scenario::vocabulary::{COUNTERS, counter_value};
use prm::{Function, Opcode};
use std::collections::BTreeMap;

impl Sense<'_> {
    pub(super) fn check_expectations(&mut self) {
        let scenario = self.scenario;
        for (index, step) in scenario.steps.iter().enumerate() {
            self.check_step_expectation(
                step,
                &Path::default().member("steps").element(index).member("expect"),
            );
        }
        for (revision, end) in scenario.expect.named() {
            let path = Path::default().member("expect").member(&revision.to_string());
            self.check_end(end, &path);
            let judged_by_steps = scenario
                .steps
                .iter()
                .any(|step| !step.expect.resolved(revision).is_empty());
            // An empty list is an expectation, too: that there is no warning, no violation.
            let Content::Object(named) = &self.root.find(&path).content else {
                continue;
            };
            if named.is_empty() && !judged_by_steps {
                let hint = "give it counters, a ledger, warnings or violations (\"warnings\": [] says that there is none); or leave the revision out";
                self.wrong(
                    &path,
                    format!(
                        "no number is expected of `{revision}`: only an invariant or a warning could fail it"
                    ),
                    "empty",
                    hint,
                );
            }
        }
    }

    fn check_step_expectation(&mut self, step: &Step, path: &Path) {
        if let Some(books) = &step.expect.all {
            self.check_books(books, step, &path.member("all"));
        }
        for revision in REVISIONS {
            let Some(books) = step.expect.own(revision) else {
                continue;
            };
            let at = path.member(&revision.to_string());
            if self.scenario.expect.get(revision).is_none() {
                let message = format!("`{revision}` is not run by this scenario");
                let hint = format!("add `{revision}` to the scenario's `expect`, or remove this");
                self.wrong_name(&at, message, "never compared", hint);
            }
            if !step.is_for(revision) {
                let message = format!("`{revision}` does not do this step");
                let hint = "the step is for those that `only` names";
                self.wrong_name(&at, message, "never compared", hint);
            }
            self.check_books(books, step, &at);
        }
    }

    pub(super) fn check_books(&mut self, books: &Books, step: &Step, path: &Path) {
        if books.is_empty() {
            self.wrong(
                path,
                "nothing is expected here",
                "empty",
                "name what has to hold, or remove it",
            );
        }
        self.check_counters(&books.counters, path);
        self.check_ledger(books.ledger.keys(), path);
        self.check_errno(books.returns, path);
        if let Some(range) = books.took_ms {
            self.check_range(range, &path.member("took_ms"));
        }
        if step
            .action()
            .is_some_and(|action| !matches!(action, Action::Host(_)))
        {
            for (field, given) in [
                ("returns", books.returns.is_some()),
                ("took_s", books.took_s.is_some()),
                ("took_ms", books.took_ms.is_some()),
            ] {
                if given {
                    let message =
                        format!("`{field}` is about an operation of the host, and this step has none");
                    let hint = "put it on the step with the operation, or on the one that waits for it";
                    self.wrong_name(&path.member(field), message, "never compared", hint);
                }
            }
        }
    }

    fn check_range(&mut self, range: MsRange, path: &Path) {
        if range.is_empty() {
            let hint = "name `at_least`, `at_most` or both, in milliseconds";
            self.wrong(path, "the range has no bound", "any time", hint);
        } else if range.is_impossible() {
            let hint = "`at_least` is the smaller one";
            self.wrong(path, "the range ends before it begins", "never within", hint);
        }
    }

    fn check_counters(&mut self, counters: &BTreeMap<String, i64>, path: &Path) {
        for (name, value) in counters {
            let at = path.member("counters").member(name);
            if !COUNTERS.contains(&name.as_str()) {
                let hint = suggestion(name, COUNTERS);
                self.wrong_name(&at, format!("`{name}` is no counter"), "unknown", hint);
            }
            if counter_value(*value).is_none() {
                let hint = "a counter has 32 bits: write -2147483648 to 4294967295";
                self.wrong(
                    &at,
                    format!("{value} does not fit into a counter"),
                    "out of range",
                    hint,
                );
            }
        }
    }

    fn check_ledger<'n>(&mut self, names: impl Iterator<Item = &'n String>, path: &Path) {
        for name in names {
            self.check_owner(name, &path.member("ledger").member(name), true);
        }
    }

    /// An owner in firmware's book: a function of the device, or `id` and a number. In front of it, and of a colon, may be another
    /// supplier than the function under test.
    fn check_owner(&mut self, name: &str, path: &Path, is_name: bool) {
        if let Some((supplier, owner)) = name.split_once(':') {
            self.check_owner(supplier, path, is_name);
            self.check_owner(owner, path, is_name);
            return;
        }
        if name
            .strip_prefix("id")
            .is_some_and(|number| number.parse::<u16>().is_ok())
        {
            return;
        }
        let (message, hint) = match name.parse::<Function>() {
            Ok(function) => match self.missing(function) {
                Some(message) => (message, self.roster()),
                None => return,
            },
            Err(error) => (
                format!("`{name}` is not a function"),
                format!("{error}; `id300` is the bare id 300"),
            ),
        };
        if is_name {
            self.wrong_name(path, message, "no such function", hint);
        } else {
            self.wrong(path, message, "no such function", hint);
        }
    }

    fn check_errno(&mut self, returns: Option<i32>, path: &Path) {
        if let Some(returns) = returns
            && !(-4095..=0).contains(&returns)
        {
            let hint = "an operation returns 0, or a negative errno as -110";
            self.wrong(
                &path.member("returns"),
                format!("{returns} is no result of an operation"),
                "no errno",
                hint,
            );
        }
    }

    fn check_end(&mut self, end: &End, path: &Path) {
        self.check_counters(&end.counters, path);
        self.check_ledger(end.ledger.keys(), path);
        self.check_warnings(&end.warnings, &path.member("warnings"));
        for (index, violation) in end.violations.iter().enumerate() {
            self.check_violation(violation, &path.member("violations").element(index));
        }
    }

    fn check_violation(&mut self, violation: &ExpectedViolation, path: &Path) {
        if let Some(step) = &violation.step
            && self.scenario.step_index(&step.0).is_none()
        {
            let names = self.scenario.steps.iter().filter_map(|step| step.name.as_deref());
            let known = suggestion(&step.0, names);
            let hint = format!(
                "numbers go from 1 to {}; of names, {known}",
                self.scenario.steps.len()
            );
            self.wrong(
                &path.member("step"),
                format!("there is no step `{step}`"),
                "no such step",
                hint,
            );
        }
        self.check_subject(violation, path);
    }

    /// Whether the violation names what its invariant is about, so that it can be found among those that happen.
    fn check_subject(&mut self, violation: &ExpectedViolation, path: &Path) {
        let invariant = violation.invariant;
        let about_counters = invariant.subject() == Subject::Counter;
        let (at, unfit) = (path.member("counter"), path.member("function"));
        if violation.counter.is_some() && !about_counters {
            let hint = "name it in `function`, or leave it out";
            self.wrong_name(
                &at,
                format!("`{invariant}` is not about a counter"),
                "never matches",
                hint,
            );
        }
        if violation.function.is_some() && about_counters {
            let hint = "name the counter in `counter`, or leave it out";
            self.wrong_name(
                &unfit,
                format!("`{invariant}` is about a counter"),
                "never matches",
                hint,
            );
        }
        if let Some(counter) = violation.counter.as_deref().map(without_endpoint)
            && !COUNTERS.contains(&counter)
        {
            self.wrong(
                &at,
                format!("`{counter}` is no counter"),
                "unknown",
                suggestion(counter, COUNTERS),
            );
        }
        let Some(subject) = violation.function.as_deref().map(without_endpoint) else {
            return;
        };
        let known: Vec<&str> = match invariant.subject() {
            Subject::Command => Opcode::ALL.iter().map(|opcode| opcode.name()).collect(),
            Subject::OneOf(words) => words.to_vec(),
            Subject::Owner => {
                self.check_owner(subject, &unfit, false);
                return;
            }
            // Counters stand in a field of their own; locks and places in memory have names that only a run gives.
            Subject::Counter | Subject::Named(_) => return,
        };
        if !known.contains(&subject) {
            let message = format!("`{invariant}` is never about `{subject}`");
            self.wrong(&unfit, message, "unknown", suggestion(subject, known));
        }
    }
}

/// A subject without the function of a second driver before it: `vf1:pages` is about `pages`.
fn without_endpoint(subject: &str) -> &str {
    match subject.split_once(':') {
        Some((endpoint, rest)) if endpoint.parse::<Function>().is_ok() => rest,
        _ => subject,
    }
}
