//! Tasks, locks and firmware waiting for each other in a circle.

use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;
use std::collections::BTreeSet;

/// Everything about locks.
pub(super) fn check(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    no_cycle(sight, findings);
}

/// No cycle of locks and waits.
fn no_cycle(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for cycle in &sight.cycles {
        if told.insert(&cycle.lock) {
            findings.push(Finding {
                invariant: InvariantName::LockCycle,
                subject: Some(cycle.lock.clone()),
                driver: None,
                firmware: None,
                detail: cycle.to_string(),
            });
        }
    }
}
