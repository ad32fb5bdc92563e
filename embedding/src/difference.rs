//! What the driver's counters and firmware's ledger say of the same pages.

use crate::function_type::{TYPED_COUNTERS, type_of};
use driver::books::Counters;
use emulator::Ledger;
use prm::{Function, saturated};
use std::fmt;

/// A counter that is not what firmware books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Difference {
    /// Its name, as debugfs has it.
    pub counter: &'static str,
    /// What the driver counts, in pages of 4 KiB; below zero where it has wrapped.
    pub driver: i64,
    /// What firmware holds of functions of that type, in pages of 4 KiB.
    pub firmware: i64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            counter,
            driver,
            firmware,
        } = self;
        write!(f, "{counter}: driver {driver}, firmware {firmware}")
    }
}

/// The counters of the driver on `endpoint` that differ from the ledger. Pages that are on their way at this moment, or that the driver
/// has set aside, differ too.
#[must_use]
pub fn differences(endpoint: Function, counters: &Counters, ledger: &Ledger) -> Vec<Difference> {
    let named = counters.named();
    let differing = TYPED_COUNTERS.iter().filter_map(|&(counter, kind)| {
        let (_, value) = named.iter().find(|(name, _)| *name == counter)?;
        let owners = ledger.owners(endpoint);
        let of_type = owners.filter(|(owner, _)| type_of(endpoint, *owner) == Some(kind));
        let difference = Difference {
            counter,
            driver: value.cast_signed().into(),
            firmware: saturated(of_type.map(|(_, pages)| pages).sum::<u64>()),
        };
        (difference.driver != difference.firmware).then_some(difference)
    });
    differing.collect()
}
