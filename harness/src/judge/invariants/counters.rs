//! The driver's counters: against the ledger, against each other, against zero.

use super::counter_book::{CounterBook, PAGE_COUNTERS};
use super::finding::Finding;
use crate::scenario::InvariantName;
use crate::stage::sight::{DriverSight, Sight};

/// Everything about counters.
pub(super) fn check(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    match_ledger(sight, findings);
    add_up(sight, findings);
    stay_positive(sight, findings);
}

/// What holds in the middle of a step, too: counters add up, and none is below zero.
pub(super) fn hold(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    add_up(sight, findings);
    stay_positive(sight, findings);
}

/// A type counter equals the pages that firmware books on functions of that type.
fn match_ledger(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    for driver in &sight.drivers {
        let found = book(sight, driver).matches_ledger();
        findings.extend(found.into_iter().map(|finding| of(driver, finding)));
    }
}

/// The type counters, self and none included, add up to the total.
fn add_up(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    for driver in &sight.drivers {
        let book = book(sight, driver);
        let shown: Option<Vec<i64>> = PAGE_COUNTERS.iter().map(|counter| book.signed(counter)).collect();
        // What is not shown cannot be added up.
        let Some([total, types @ ..]) = shown.as_deref() else {
            continue;
        };
        let (total, sum): (i64, i64) = (*total, types.iter().sum());
        if i32_of(sum) != i32_of(total) {
            findings.push(Finding {
                invariant: InvariantName::TotalMatchesTypes,
                subject: Some(driver.subject("fw_pages_total")),
                driver: Some(total),
                firmware: None,
                detail: format!(
                    "the type counters, self and none included, add up to {sum}, the total is {total}"
                ),
            });
        }
    }
}

/// No counter of pages is below zero.
fn stay_positive(sight: &Sight<'_>, findings: &mut Vec<Finding>) {
    for driver in &sight.drivers {
        let found = book(sight, driver).stays_positive();
        findings.extend(found.into_iter().map(|finding| of(driver, finding)));
    }
}

fn book(sight: &Sight<'_>, driver: &DriverSight) -> CounterBook {
    let shown = driver.counters.iter();
    CounterBook {
        endpoint: driver.endpoint,
        counters: shown
            .filter_map(|(name, value)| Some((name.clone(), (*value)?)))
            .collect(),
        ledger: sight.ledger(driver.endpoint),
        in_flight: sight.in_flight(driver.endpoint),
        set_aside: sight.set_aside(driver),
        released: sight.released(driver),
    }
}

/// The finding with the driver's name, where it is not the one under test.
fn of(driver: &DriverSight, finding: Finding) -> Finding {
    Finding {
        subject: finding.subject.map(|counter| driver.subject(counter)),
        ..finding
    }
}

#[expect(clippy::cast_possible_truncation, reason = "counters wrap at 32 bits")]
const fn i32_of(value: i64) -> i32 {
    value as i32
}
