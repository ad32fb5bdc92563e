//! The driver's book per owner against the ledger per owner.

use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;
use emulator::Owner;
use std::collections::BTreeMap;

/// The pages that the driver tracks for an owner are as many as firmware books on it.
pub(super) fn match_ledger(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    for driver in sight.drivers.iter().filter(|driver| driver.books.is_some()) {
        let mut both: BTreeMap<Owner, (u64, u64)> = BTreeMap::new();
        for view in driver.owners() {
            both.entry(sight.owner_of(driver.endpoint, view)).or_default().0 += view.pages;
        }
        let released = sight.released(driver);
        for (owner, pages) in sight.ledger(driver.endpoint) {
            both.entry(owner).or_default().1 += pages;
        }
        let in_flight = sight.in_flight(driver.endpoint);
        let set_aside = sight.set_aside(driver);
        for (owner, (tracked, booked)) in both {
            // Of what is set aside, firmware may have any part.
            let aside = set_aside.get(&owner).copied().unwrap_or(0);
            let agrees = |tracked: u64| (tracked..=tracked + aside).contains(&booked);
            // A release that the driver has not got to counts as done, too: firmware has done its part.
            let done = tracked - released.get(&owner).copied().unwrap_or(0);
            if agrees(tracked) || agrees(done) || in_flight.contains(&owner) {
                continue;
            }
            findings.push(Finding {
                invariant: InvariantName::PagesMatchLedger,
                subject: Some(driver.subject(owner)),
                driver: i64::try_from(tracked).ok(),
                firmware: i64::try_from(booked).ok(),
                detail: format!("the driver tracks {tracked} pages of {owner}, firmware books {booked}"),
            });
        }
    }
}
