//! The driver's counters: against the ledger, against each other, against zero.

use super::counter_book::CounterBook;
use super::finding::Finding;
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
        let found = book(sight, driver).adds_up();
        findings.extend(found.map(|finding| of(driver, finding)));
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
