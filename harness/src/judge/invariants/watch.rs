//! The checker: asks every family after every step and keeps what is broken already.

use super::finding::Finding;
use super::{commands, counters, leaks, locks, memory, owners, ownership, waits};
use crate::record::result::Violation;
use crate::scenario::{InvariantName, Lasts};
use crate::stage::sight::Sight;
use std::collections::BTreeSet;

/// The checker: knows what is broken already.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    broken: BTreeSet<(InvariantName, Option<String>)>,
    happened: BTreeSet<(InvariantName, Option<String>)>,
    lost: ownership::LostPages,
}

/// The families that need nothing but what is seen.
const FAMILIES: [fn(&Sight<'_>, &mut Vec<Finding>); 7] = [
    counters::check,
    owners::match_ledger,
    leaks::none_left,
    locks::check,
    waits::end_drained,
    commands::in_time,
    memory::safe,
];

/// Those of which every moment has to be right, and not only one at which nothing moves.
const AT_EVERY_MOMENT: [fn(&Sight<'_>, &mut Vec<Finding>); 6] = [
    counters::hold,
    leaks::none_left,
    locks::check,
    waits::end_drained,
    commands::in_time,
    memory::safe,
];

impl Watch {
    /// Checks what has to be right at every moment, in the middle of a step, too. Returns what broke since the last check.
    pub fn check_moment(&mut self, step: u32, sight: &Sight<'_>) -> Vec<Violation> {
        self.check_families(step, sight, &AT_EVERY_MOMENT)
    }

    /// Checks everything after a step; returns what broke in it: conditions, then events, in the order of the invariants.
    pub fn check(&mut self, step: u32, sight: &Sight<'_>) -> Vec<Violation> {
        self.check_families(step, sight, &FAMILIES)
    }

    fn check_families(
        &mut self,
        step: u32,
        sight: &Sight<'_>,
        families: &[fn(&Sight<'_>, &mut Vec<Finding>)],
    ) -> Vec<Violation> {
        let mut findings = Vec::new();
        families.iter().for_each(|family| family(sight, &mut findings));
        self.lost.check(sight, &mut findings);
        findings.sort_by_key(|finding| finding.invariant);
        let (mut conditions, mut events): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|finding| finding.invariant.lasts() == Lasts::UntilMended);
        self.keep_new(&mut conditions);
        events.retain(|finding| {
            finding.invariant.lasts() != Lasts::ForGood || self.happened.insert(finding.identity())
        });
        let findings = conditions.into_iter().chain(events);
        findings.map(|finding| finding.at(step)).collect()
    }

    /// Leaves out the conditions that were broken before.
    fn keep_new(&mut self, conditions: &mut Vec<Finding>) {
        let still: BTreeSet<_> = conditions.iter().map(Finding::identity).collect();
        conditions.retain(|finding| !self.broken.contains(&finding.identity()));
        self.broken = still;
    }
}
