//! The checker: asks every family after every step and keeps what is broken already.

use super::finding::Finding;
use super::{commands, counters, leaks, locks, memory, owners, ownership, waits};
use crate::record::result::Violation;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;
use std::collections::BTreeSet;

/// The checker: knows what is broken already.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    broken: BTreeSet<(InvariantName, Option<String>)>,
    happened: BTreeSet<(InvariantName, Option<String>)>,
    lost: ownership::LostPages,
}

/// The families whose findings last until they are mended.
const CONDITIONS: [fn(&Sight<'_>, &mut Vec<Finding>); 6] = [
    counters::match_ledger,
    owners::match_ledger,
    counters::add_up,
    counters::stay_positive,
    leaks::none_left,
    locks::no_cycle,
];

/// The families whose findings happen at one moment.
const EVENTS: [fn(&Sight<'_>, &mut Vec<Finding>); 4] = [
    waits::end_drained,
    commands::in_time,
    memory::safe,
    ownership::stays_intact,
];

impl Watch {
    /// Checks everything after a step; returns what broke in it.
    pub fn check(&mut self, step: u32, sight: &Sight<'_>) -> Vec<Violation> {
        let mut conditions = Vec::new();
        CONDITIONS
            .iter()
            .for_each(|family| family(sight, &mut conditions));
        self.lost.stays_mapped(sight, &mut conditions);
        self.keep_new(&mut conditions);

        let mut events = Vec::new();
        EVENTS.iter().for_each(|family| family(sight, &mut events));
        events.retain(|finding| !finding.is_told_once() || self.happened.insert(finding.identity()));

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
