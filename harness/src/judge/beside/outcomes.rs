//! Which of the outcomes that a scenario allows on Linux a run may still come to.

use super::messages::{self, Expected};
use crate::judge::expectations::{self, StepOutcome};
use crate::record::aspect::Aspect;
use crate::record::result::{Mismatch, RunResult, StepRecord};
use crate::scenario::outcome::{LinuxOutcome, names_in};
use crate::scenario::{Books, ScenarioFile};
use crate::stage::abilities::Insight;
use driver::RevisionName;
use serde_json::Value;
use std::collections::BTreeSet;

/// The outcomes of a scenario, while it runs. Without any, nothing is left open.
#[derive(Clone)]
pub(super) struct Outcomes<'a> {
    scenario: &'a ScenarioFile,
    all: &'a [LinuxOutcome],
    possible: Vec<&'a LinuxOutcome>,
}

impl<'a> Outcomes<'a> {
    /// Those of `scenario`. They tell of Linux as it is: a kernel that is judged as another revision has none.
    pub(super) fn new(scenario: &'a ScenarioFile, judged_as: RevisionName) -> Self {
        let all: &[LinuxOutcome] = if judged_as == RevisionName::Merged {
            &scenario.linux_outcomes
        } else {
            &[]
        };
        Self {
            scenario,
            all,
            possible: all.iter().collect(),
        }
    }

    /// What the outcomes decide after a step (numbered from 1), and nothing else does.
    pub(super) fn decided_at(&self, number: u32) -> BTreeSet<String> {
        let named = self.all.iter().flat_map(|outcome| self.books(outcome, number));
        named.flat_map(names_in).collect()
    }

    fn books(&self, outcome: &'a LinuxOutcome, number: u32) -> impl Iterator<Item = &'a Books> {
        let scenario = self.scenario;
        outcome.steps.iter().filter_map(move |(step, books)| {
            let index = u32::try_from(scenario.step_index(step)?).ok()?;
            (index + 1 == number).then_some(books)
        })
    }

    /// Leaves the outcomes that fit what a step showed. Where none does, that is told once, and those before it remain.
    pub(super) fn narrow(&mut self, record: &StepRecord) -> Option<Mismatch> {
        let mut nearest: Option<Vec<Mismatch>> = None;
        let mut fitting = Vec::new();
        for &outcome in &self.possible {
            let mut differences = Vec::new();
            for books in self.books(outcome, record.number) {
                expectations::compare_books(
                    Some(record.number),
                    books,
                    &record.after,
                    &StepOutcome::of(record),
                    Insight::Counters,
                    &mut differences,
                );
            }
            if differences.is_empty() {
                fitting.push(outcome);
            } else if nearest
                .as_ref()
                .is_none_or(|least| differences.len() < least.len())
            {
                nearest = Some(differences);
            }
        }
        if fitting.is_empty()
            && let Some(differences) = nearest
        {
            let told = differences.iter().map(ToString::to_string).collect::<Vec<_>>();
            return Some(Mismatch {
                step: Some(record.number),
                what: Aspect::Other("the outcome".to_owned()),
                expected: format!("one of the {} that the file allows on Linux", self.all.len()),
                actual: format!("none of them; in the nearest, {}", told.join(", ")),
            });
        }
        self.possible = fitting;
        None
    }

    /// What the outcomes that are left expect to be printed.
    pub(super) fn warnings(&self) -> Vec<Expected> {
        if self.possible.is_empty() {
            return vec![Expected::AsOurs];
        }
        let lists = self.possible.iter().map(|outcome| match &outcome.warnings {
            Some(warnings) => Expected::Listed(warnings.iter().map(|warning| warning.0.clone()).collect()),
            None => Expected::AsOurs,
        });
        lists.collect()
    }

    /// Whether our driver's own run is one of the outcomes: if it were not, model and kernel would differ.
    pub(super) fn check_ours(&self, reference: &RunResult) -> Option<Mismatch> {
        let mut ours = self.clone();
        for record in &reference.steps {
            if let Some(mismatch) = ours.narrow(record) {
                return Some(Mismatch {
                    what: Aspect::Other("our driver's run".to_owned()),
                    ..mismatch
                });
            }
        }
        let printed: Vec<Value> = reference
            .warnings
            .iter()
            .filter_map(|text| serde_json::from_str(text).ok())
            .collect();
        let fits = ours.warnings().iter().any(|expected| match expected {
            Expected::AsOurs => true,
            Expected::Listed(warnings) => messages::are_printed(warnings, &printed),
        });
        (!fits).then(|| Mismatch {
            step: None,
            what: Aspect::Other("our driver's run".to_owned()),
            expected: "the warnings of one of the outcomes that the file allows on Linux".to_owned(),
            actual: reference.warnings.join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::record::result::Snapshot;
    use serde_json::json;

    fn scenario() -> ScenarioFile {
        serde_json::from_value(json!({
            "name": "a", "row": "1", "concern": "", "why": "", "reachability": "compliant_firmware",
            "device": { "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" },
            "steps": [{ "host": "load" }, { "name": "off", "host": "unload" }],
            "expect": { "merged": {} },
            "linux_outcomes": [
                { "why": "in time", "steps": { "off": { "ledger": { "vf1": 0 } } }, "warnings": [] },
                { "why": "late", "steps": { "2": { "ledger": { "vf1": 600 }, "pending": false } },
                  "warnings": ["page_not_found"] },
            ],
        }))
        .unwrap()
    }

    fn step(number: u32, pages: u64) -> StepRecord {
        StepRecord {
            number,
            what: String::new(),
            returns: Some(0),
            took_ns: None,
            pending: false,
            wrote_astray: false,
            warnings: Vec::new(),
            violations: Vec::new(),
            after: Snapshot {
                ledger: [("vf1".to_owned(), pages)].into(),
                ..Snapshot::default()
            },
        }
    }

    #[test]
    fn a_step_leaves_the_outcomes_that_fit_it() {
        let scenario = scenario();
        let mut outcomes = Outcomes::new(&scenario, RevisionName::Merged);
        let decided = BTreeSet::from(["ledger.vf1".to_owned(), "pending".to_owned()]);
        assert_eq!(
            (outcomes.decided_at(1), outcomes.decided_at(2)),
            (BTreeSet::new(), decided)
        );
        assert_eq!(outcomes.narrow(&step(1, 7)), None);
        assert_eq!(outcomes.warnings().len(), 2);
        assert_eq!(outcomes.narrow(&step(2, 600)), None);
        assert_eq!(
            outcomes.warnings(),
            [Expected::Listed(vec![json!("page_not_found")])]
        );
    }

    #[test]
    fn what_is_no_outcome_is_told() {
        let scenario = scenario();
        let mut outcomes = Outcomes::new(&scenario, RevisionName::Merged);
        let mismatch = outcomes.narrow(&step(2, 40)).expect("neither 0 nor 600");
        assert!(mismatch.actual.contains("ledger.vf1 is 40"), "{mismatch}");
        let mut running = Outcomes::new(&scenario, RevisionName::Merged);
        assert!(
            running
                .narrow(&StepRecord {
                    pending: true,
                    ..step(2, 600)
                })
                .is_some()
        );
    }

    #[test]
    fn another_revision_leaves_nothing_open() {
        let scenario = scenario();
        let mut outcomes = Outcomes::new(&scenario, RevisionName::Reviewed);
        assert_eq!(outcomes.decided_at(2), BTreeSet::new());
        assert_eq!(outcomes.narrow(&step(2, 40)), None);
        assert_eq!(outcomes.warnings(), [Expected::AsOurs]);
    }

    #[test]
    fn our_driver_comes_to_one_of_them() {
        let scenario = scenario();
        let outcomes = Outcomes::new(&scenario, RevisionName::Merged);
        let ours = |pages, warnings: &[&str]| {
            let mut result = RunResult::empty(&scenario, "a.json", "merged", None);
            result.steps = vec![step(1, 0), step(2, pages)];
            result.warnings = warnings.iter().map(|&text| json!(text).to_string()).collect();
            outcomes.check_ours(&result)
        };
        assert_eq!(ours(0, &[]), None);
        assert_eq!(ours(600, &["page_not_found"]), None);
        assert!(ours(600, &[]).is_some());
        assert!(ours(40, &[]).is_some());
    }
}
