//! Locks: tasks, locks and firmware waiting for each other in a circle, and locks that nobody is left to unlock.

use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;
use std::collections::BTreeSet;

/// Everything about locks.
pub(super) fn check(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    no_cycle(sight, findings);
    end_with_task(sight, findings);
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

/// No lock is held by a task that has ended.
fn end_with_task(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    // A task that has ended has no name any more.
    for (lock, _) in sight.locks.iter().filter(|(_, holder)| holder.is_empty()) {
        findings.push(Finding {
            invariant: InvariantName::LockOutlivesTask,
            subject: Some(lock.clone()),
            driver: None,
            firmware: None,
            detail: format!("the task that holds {lock} has ended"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse_device;
    use crate::stage::sight::Health;
    use emulator::Silicon;
    use prm::Cycles;
    use std::collections::BTreeMap;

    fn findings(holders: [(&str, &str); 2]) -> Vec<(InvariantName, Option<String>)> {
        let device = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" }"#;
        let device = parse_device("device", device.to_owned()).expect("a device");
        let silicon = Silicon::new(device, 0).expect("the description is good");
        let holders = holders.map(|(lock, holder)| (lock.to_owned(), holder.to_owned()));
        let sight = Sight {
            device: &silicon,
            host: None,
            now: Cycles::ZERO,
            drivers: Vec::new(),
            records: Vec::new(),
            strays: Vec::new(),
            cycles: Vec::new(),
            locks: BTreeMap::from(holders),
            told: Vec::new(),
            is_loaded: false,
            health: Health::Alive,
        };
        let mut findings = Vec::new();
        check(&sight, &mut findings);
        findings.iter().map(Finding::identity).collect()
    }

    #[test]
    fn a_lock_whose_task_has_ended_is_found_and_no_other() {
        let held = ("InterfaceState", "unload");
        assert_eq!(findings([held, ("EswitchLock", "sriov")]), []);
        let lost = (InvariantName::LockOutlivesTask, Some("EswitchLock".to_owned()));
        assert_eq!(findings([held, ("EswitchLock", "")]), [lost]);
    }
}
