//! Pages that firmware owns: still there, and still as firmware left them.

use super::Finding;
use super::scene::Scene;
use crate::scenario::InvariantName;
use emulator::Owner;
use emulator::record::{Corruption, Record};
use std::collections::BTreeMap;

/// A page that firmware owns is allocated and mapped.
pub(super) fn stays_mapped(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let machine = scene.world.machine();
    for driver in scene.drivers {
        let ledger = machine.silicon.ledger();
        for (owner, _) in ledger.owners(driver.endpoint) {
            let pages = ledger.pages_of(driver.endpoint, owner);
            let gone = pages
                .filter(|page| !machine.memory.is_mapped(page.address()))
                .count();
            if gone > 0 {
                findings.push(Finding {
                    invariant: InvariantName::OwnedPageMapped,
                    subject: Some(driver.subject(owner)),
                    driver: None,
                    firmware: i64::try_from(gone).ok(),
                    detail: format!("{gone} pages that firmware owns for {owner} are not mapped any more"),
                });
            }
        }
    }
}

/// A page that firmware owns carries what firmware wrote.
pub(super) fn stays_intact(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let mut lost: BTreeMap<Owner, i64> = BTreeMap::new();
    for record in scene.records {
        if let Record::Corruption {
            what: Corruption::SignatureLost { owner, .. },
            ..
        } = record
        {
            *lost.entry(*owner).or_default() += 1;
        }
    }
    for (owner, pages) in lost {
        findings.push(Finding {
            invariant: InvariantName::PageIntact,
            subject: Some(owner.to_string()),
            driver: None,
            firmware: Some(pages),
            detail: format!("{pages} pages of {owner} did not carry firmware's signature any more"),
        });
    }
}
