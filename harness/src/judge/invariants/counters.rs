//! The driver's counters: against the ledger, against each other, against zero.

use super::Finding;
use super::counter_book::{CounterBook, PAGE_COUNTERS};
use super::scene::{DriverScene, Scene};
use crate::scenario::InvariantName;

/// A type counter equals the pages that firmware books on functions of that type.
pub(super) fn match_ledger(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for driver in scene.drivers {
        let found = book(scene, driver).matches_ledger();
        findings.extend(found.into_iter().map(|finding| of(driver, finding)));
    }
}

/// The type counters, self and none included, add up to the total.
pub(super) fn add_up(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for driver in scene.drivers {
        let book = book(scene, driver);
        let value = |counter: &&str| book.signed(counter).unwrap_or(0);
        let total = value(&PAGE_COUNTERS[0]);
        let sum: i64 = PAGE_COUNTERS[1..].iter().map(value).sum();
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
pub(super) fn stay_positive(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for driver in scene.drivers {
        let found = book(scene, driver).stays_positive();
        findings.extend(found.into_iter().map(|finding| of(driver, finding)));
    }
}

fn book(scene: &Scene<'_>, driver: &DriverScene) -> CounterBook {
    let named = driver.books.counters.named().into_iter();
    let counters = named.map(|(name, value)| (name.to_owned(), value)).collect();
    let machine = scene.world.machine();
    CounterBook {
        set_aside: scene.set_aside(driver),
        released: scene.released(driver),
        ..CounterBook::new(&machine.silicon, driver.endpoint, counters)
    }
}

/// The finding with the driver's name, where it is not the one under test.
fn of(driver: &DriverScene, finding: Finding) -> Finding {
    Finding {
        subject: finding.subject.map(|counter| driver.subject(counter)),
        ..finding
    }
}

#[expect(clippy::cast_possible_truncation, reason = "counters wrap at 32 bits")]
const fn i32_of(value: i64) -> i32 {
    value as i32
}
