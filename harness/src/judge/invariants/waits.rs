//! Waits for pages to come back.

use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::Sight;
use driver::books::PageWaitOutcome;
use embedding::type_of;

/// A wait for pages ends well only when firmware owns none of the pages waited for.
pub(super) fn end_drained(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    for driver in &sight.drivers {
        let Some(books) = &driver.books else { continue };
        for wait in books.page_waits.iter().skip(driver.earlier_waits) {
            if wait.outcome != PageWaitOutcome::Drained {
                continue;
            }
            let ledger = sight.ledger_at(driver.endpoint, wait.ended);
            let of_type = ledger
                .iter()
                .filter(|&(&owner, _)| type_of(driver.endpoint, owner) == Some(wait.waited_for));
            let owned: u64 = of_type.map(|(_, pages)| pages).sum();
            // What the driver has set aside for good, and reports as such, is no longer waited for.
            let left = owned.saturating_sub(books.counters.quarantine.into());
            if left > 0 {
                findings.push(Finding {
                    invariant: InvariantName::WaitEndedEarly,
                    subject: Some(driver.subject(wait.waited_for)),
                    driver: Some(0),
                    firmware: i64::try_from(left).ok(),
                    detail: format!(
                        "the wait for {} pages ended while firmware owned {left}",
                        wait.waited_for
                    ),
                });
            }
        }
    }
}
