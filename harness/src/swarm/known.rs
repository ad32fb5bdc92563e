//! Which findings are known: what the project's scenarios expect of a revision, and show. A finding is explained by the rows whose
//! scenarios break the same invariant for the same kind of actor or the same counter; nothing else of it is compared.

use crate::play::{RunOptions, run_scenario};
use crate::record::Outcome;
use crate::scenario::{Reachability, ScenarioFile};
use crate::swarm::finding::Signature;
use crate::swarm::ours::judge;
use driver::RevisionName;
use std::collections::{BTreeMap, BTreeSet};

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub struct Known {
    rows: BTreeMap<(RevisionName, Signature), BTreeSet<String>>,
}

impl Known {
    /// Adds what a scenario shows under a revision, if its class is within `reachability` and it goes as its file says.
    pub fn learn(&mut self, scenario: &ScenarioFile, revision: RevisionName, reachability: Reachability) {
        let expects = scenario.expect.get(revision);
        let broken = expects.is_some_and(|end| !end.violations.is_empty());
        if !broken || !is_within(scenario.reachability, reachability) {
            return;
        }
        let run = run_scenario(scenario, &scenario.name, revision, &RunOptions::default());
        if run.outcome != Outcome::Pass {
            return;
        }
        for finding in judge(scenario, &run) {
            let known = self.rows.entry((revision, finding.signature)).or_default();
            known.insert(scenario.row.clone());
        }
    }

    /// The rows that explain a finding under a revision; none if it is new.
    #[must_use]
    pub fn rows(&self, revision: RevisionName, signature: &Signature) -> Option<&BTreeSet<String>> {
        self.rows.get(&(revision, signature.clone()))
    }

    /// How many signatures are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// None is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Whether what needs `needs` can come of what does `does`: a firmware that keeps to the interface does nothing beyond it.
fn is_within(needs: Reachability, does: Reachability) -> bool {
    match needs {
        Reachability::CompliantFirmware => true,
        Reachability::FirmwareQuirk => does != Reachability::CompliantFirmware,
        Reachability::WhiteBox => does == Reachability::WhiteBox,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read_scenario;
    use std::path::Path;

    fn shipped(name: &str) -> ScenarioFile {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        read_scenario(&root.join("scenarios").join(name)).unwrap()
    }

    #[test]
    fn a_scenario_explains_what_it_shows_and_nothing_for_other_revisions() {
        let drift = shipped("unknown-owners/typeless-unload-pf.json");
        let mut known = Known::default();
        known.learn(&drift, RevisionName::Merged, Reachability::CompliantFirmware);
        assert!(!known.is_empty());
        let ((_, signature), rows) = known.rows.iter().next().unwrap();
        assert!(rows.contains(&drift.row));
        assert!(known.rows(RevisionName::Merged, signature).is_some());
        assert!(known.rows(RevisionName::Robust, signature).is_none());
    }

    #[test]
    fn what_only_a_quirk_shows_explains_nothing_of_a_firmware_that_keeps_to_the_interface() {
        let quirk = shipped("untrusted-counts/claim-overrun.json");
        let mut known = Known::default();
        known.learn(&quirk, RevisionName::Reviewed, Reachability::CompliantFirmware);
        assert!(known.is_empty());
        known.learn(&quirk, RevisionName::Reviewed, Reachability::FirmwareQuirk);
        assert!(!known.is_empty());
    }
}
