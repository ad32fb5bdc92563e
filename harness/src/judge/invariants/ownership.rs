//! Pages that firmware owns: still there, and still as firmware left them.

use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;
use emulator::Owner;
use emulator::record::{Corruption, Record};
use prm::Function;
use std::collections::{BTreeMap, BTreeSet};

/// Pages that firmware owns and the driver has freed, by the generation firmware booked them under. Such a page stays lost
/// for as long as firmware owns it, also when its frame is handed out again and mapped for somebody else.
#[derive(Clone, Debug, Default)]
pub(super) struct LostPages {
    lost: BTreeSet<(Function, u64)>,
}

impl LostPages {
    /// Everything about pages that firmware owns.
    pub(super) fn check(&mut self, sight: &Sight<'_>, findings: &mut Vec<Finding>) {
        self.stays_mapped(sight, findings);
        stays_intact(sight, findings);
    }

    /// A page that firmware owns is allocated and mapped.
    fn stays_mapped(&mut self, sight: &Sight<'_>, findings: &mut Vec<Finding>) {
        let Some(host) = sight.host else { return };
        let before = std::mem::take(&mut self.lost);
        for driver in &sight.drivers {
            let supplier = driver.endpoint;
            for (owner, _) in sight.device.owners(supplier) {
                let pages = sight.device.pages_of(supplier, owner);
                let gone = pages.filter(|page| {
                    before.contains(&(supplier, page.generation)) || !host.is_mapped(page.address())
                });
                let held = self.lost.len();
                self.lost.extend(gone.map(|page| (supplier, page.generation)));
                let gone = self.lost.len() - held;
                if gone > 0 {
                    findings.push(Finding {
                        invariant: InvariantName::OwnedPageMapped,
                        subject: Some(driver.subject(owner)),
                        driver: None,
                        firmware: i64::try_from(gone).ok(),
                        detail: format!(
                            "{gone} pages that firmware owns for {owner} are not mapped any more"
                        ),
                    });
                }
            }
        }
    }
}

/// A page that firmware owns carries what firmware wrote.
fn stays_intact(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    let mut lost: BTreeMap<Owner, i64> = BTreeMap::new();
    for record in &sight.records {
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
