//! The driver's counters: against the ledger, against each other, against zero.

use super::Finding;
use super::scene::{DriverScene, Scene, type_of};
use crate::scenario::InvariantName;
use driver::books::FunctionType;
use emulator::Owner;
use std::collections::BTreeMap;

/// The counters of one type of function each.
const TYPES: [(&str, FunctionType); 6] = [
    ("self", FunctionType::Own),
    ("fw_pages_vfs", FunctionType::Vf),
    ("fw_pages_ec_vfs", FunctionType::EcVf),
    ("fw_pages_sfs", FunctionType::Sf),
    ("fw_pages_host_pf", FunctionType::HostPf),
    ("fw_pages_spfs", FunctionType::Spf),
];

/// The counters of pages; the others count failures.
const PAGE_COUNTERS: [&str; 8] = [
    "fw_pages_total",
    "fw_pages_vfs",
    "fw_pages_ec_vfs",
    "fw_pages_sfs",
    "fw_pages_host_pf",
    "fw_pages_spfs",
    "self",
    "none",
];

/// A type counter equals the pages that firmware books on functions of that type.
pub(super) fn match_ledger(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for driver in scene.drivers {
        let counters = values(driver);
        let ledger = scene.ledger(driver.endpoint);
        let in_flight = scene.in_flight(driver.endpoint);
        let set_aside = scene.set_aside(driver);
        for (counter, kind) in TYPES {
            let is_of_type = |owner: Owner| type_of(driver.endpoint, owner) == Some(kind);
            if in_flight.iter().any(|&owner| is_of_type(owner)) {
                continue;
            }
            let of_type = |pages: &BTreeMap<Owner, u64>| {
                let pages: u64 = pages
                    .iter()
                    .filter(|&(&owner, _)| is_of_type(owner))
                    .map(|(_, pages)| pages)
                    .sum();
                i64::try_from(pages).unwrap_or(i64::MAX)
            };
            let firmware = of_type(&ledger);
            let value = counters[counter];
            // Of what is set aside, firmware may have any part.
            if !(value..=value.saturating_add(of_type(&set_aside))).contains(&firmware) {
                findings.push(Finding {
                    invariant: InvariantName::CounterMatchesLedger,
                    subject: Some(driver.subject(counter)),
                    driver: Some(value),
                    firmware: Some(firmware),
                    detail: format!(
                        "{counter} is {value}, firmware books {firmware} on functions of that type"
                    ),
                });
            }
        }
    }
}

/// The type counters, self and none included, add up to the total.
pub(super) fn add_up(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for driver in scene.drivers {
        let counters = values(driver);
        let total = counters["fw_pages_total"];
        let sum: i64 = PAGE_COUNTERS[1..].iter().map(|counter| counters[counter]).sum();
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
        let counters = values(driver);
        for counter in PAGE_COUNTERS {
            let value = counters[counter];
            if value < 0 {
                findings.push(Finding {
                    invariant: InvariantName::CounterWrapped,
                    subject: Some(driver.subject(counter)),
                    driver: Some(value),
                    firmware: None,
                    detail: format!("{counter} is {value} and reads {}", i32_of(value).cast_unsigned()),
                });
            }
        }
    }
}

/// The counters as signed numbers.
fn values(driver: &DriverScene) -> BTreeMap<&'static str, i64> {
    let named = driver.books.counters.named();
    named
        .into_iter()
        .map(|(name, value)| (name, i64::from(value.cast_signed())))
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "counters wrap at 32 bits")]
const fn i32_of(value: i64) -> i32 {
    value as i32
}
