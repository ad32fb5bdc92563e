//! A driver's counters beside firmware's ledger. Counters that are not shown are not judged.

use super::finding::Finding;
use crate::scenario::InvariantName;
use driver::books::FunctionType;
use embedding::{TYPED_COUNTERS, type_of};
use emulator::Owner;
use prm::Function;
use prm::saturated;
use std::collections::BTreeMap;

/// The counters of pages; the others count failures.
pub(super) const PAGE_COUNTERS: [&str; 8] = [
    "fw_pages_total",
    "fw_pages_vfs",
    "fw_pages_ec_vfs",
    "fw_pages_sfs",
    "fw_pages_host_pf",
    "fw_pages_spfs",
    "self",
    "none",
];

/// See the module's head.
#[derive(Clone, Debug)]
pub struct CounterBook {
    /// The function that the driver is bound to.
    pub endpoint: Function,
    /// The counters that it shows.
    pub counters: BTreeMap<String, u32>,
    /// Pages that firmware books per owner, for this supplier. Owners without pages are absent.
    pub ledger: BTreeMap<Owner, u64>,
    /// Owners for whom pages are on their way: their books cannot agree.
    pub in_flight: Vec<Owner>,
    /// Pages that the driver has set aside, per owner: firmware may have any part of them.
    pub set_aside: BTreeMap<Owner, u64>,
    /// Pages that firmware has released and the driver has not dropped yet, per owner: its counters may still have them.
    pub released: BTreeMap<Owner, u64>,
}

impl CounterBook {
    /// A counter as a signed number.
    pub(super) fn signed(&self, counter: &str) -> Option<i64> {
        self.counters
            .get(counter)
            .map(|value| i64::from(value.cast_signed()))
    }

    /// A type counter equals the pages that firmware books on functions of that type.
    pub(super) fn matches_ledger(&self) -> Vec<Finding> {
        TYPED_COUNTERS
            .iter()
            .filter_map(|&(counter, kind)| self.type_matches(counter, kind))
            .collect()
    }

    fn type_matches(&self, counter: &str, kind: FunctionType) -> Option<Finding> {
        let value = self.signed(counter)?;
        let is_of_type = |owner: Owner| type_of(self.endpoint, owner) == Some(kind);
        if self.in_flight.iter().any(|&owner| is_of_type(owner)) {
            return None;
        }
        let of_type = |pages: &BTreeMap<Owner, u64>| {
            let pages: u64 = pages
                .iter()
                .filter(|&(&owner, _)| is_of_type(owner))
                .map(|(_, pages)| pages)
                .sum();
            saturated::<i64>(pages)
        };
        let firmware = of_type(&self.ledger);
        let agrees =
            |value: i64| (value..=value.saturating_add(of_type(&self.set_aside))).contains(&firmware);
        let done = value.saturating_sub(of_type(&self.released));
        (!agrees(value) && !agrees(done)).then(|| Finding {
            invariant: InvariantName::CounterMatchesLedger,
            subject: Some(counter.to_owned()),
            driver: Some(value),
            firmware: Some(firmware),
            detail: format!("{counter} is {value}, firmware books {firmware} on functions of that type"),
        })
    }

    /// The type counters, self and none included, add up to the total. What is not shown cannot be added up.
    pub(super) fn adds_up(&self) -> Option<Finding> {
        let shown: Option<Vec<i64>> = PAGE_COUNTERS.iter().map(|counter| self.signed(counter)).collect();
        let (total, types) = shown.as_deref()?.split_first()?;
        let sum: i64 = types.iter().sum();
        (i32_of(sum) != i32_of(*total)).then(|| Finding {
            invariant: InvariantName::TotalMatchesTypes,
            subject: Some(PAGE_COUNTERS[0].to_owned()),
            driver: Some(*total),
            firmware: None,
            detail: format!(
                "the type counters, self and none included, add up to {sum}, the total is {total}"
            ),
        })
    }

    /// No counter of pages is below zero.
    pub(super) fn stays_positive(&self) -> Vec<Finding> {
        let shown = PAGE_COUNTERS
            .into_iter()
            .filter_map(|counter| Some((counter, self.signed(counter)?)));
        shown
            .filter(|(_, value)| *value < 0)
            .map(|(counter, value)| Finding {
                invariant: InvariantName::CounterWrapped,
                subject: Some(counter.to_owned()),
                driver: Some(value),
                firmware: None,
                detail: format!("{counter} is {value} and reads {}", self.counters[counter]),
            })
            .collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "counters wrap at 32 bits")]
const fn i32_of(value: i64) -> i32 {
    value as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(vfs: i32, ledger: u64) -> CounterBook {
        CounterBook {
            endpoint: Function::Pf,
            counters: BTreeMap::from([("fw_pages_vfs".to_owned(), vfs.cast_unsigned())]),
            ledger: BTreeMap::from([(Function::Vf(1).into(), ledger), (Function::Pf.into(), 240)]),
            in_flight: Vec::new(),
            set_aside: BTreeMap::new(),
            released: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_not_shown_is_not_judged() {
        assert_eq!(book(7, 7).matches_ledger(), []);
        assert_eq!(book(7, 7).stays_positive(), []);
    }

    fn book_of(counters: [u32; 8]) -> CounterBook {
        let named = PAGE_COUNTERS.map(ToOwned::to_owned).into_iter();
        CounterBook {
            counters: named.zip(counters).collect(),
            ..book(0, 0)
        }
    }

    #[test]
    fn a_total_that_is_not_the_sum_of_its_types_is_found_and_wraps_as_counters_do() {
        assert_eq!(book_of([248, 8, 0, 0, 0, 0, 240, 0]).adds_up(), None);
        let found = book_of([247, 8, 0, 0, 0, 0, 240, 0]).adds_up().unwrap();
        assert_eq!(found.invariant, InvariantName::TotalMatchesTypes);
        assert_eq!(
            (found.driver, found.subject.as_deref()),
            (Some(247), Some("fw_pages_total"))
        );
        let below = (-8_i32).cast_unsigned();
        assert_eq!(book_of([232, below, 0, 0, 0, 0, 240, 0]).adds_up(), None);
        assert_eq!(
            book_of([i32::MAX as u32 + 1, 1, 0, 0, 0, 0, i32::MAX as u32, 0]).adds_up(),
            None
        );
        assert_eq!(book(7, 7).adds_up(), None, "what is not shown cannot be added up");
    }

    #[test]
    fn drift_is_told_with_both_numbers() {
        let findings = book(-512, 0).matches_ledger();
        assert_eq!((findings[0].driver, findings[0].firmware), (Some(-512), Some(0)));
        assert_eq!(book(-512, 0).stays_positive().len(), 1);
    }

    #[test]
    fn pages_on_their_way_or_set_aside_are_no_drift() {
        let mut moving = book(0, 64);
        moving.in_flight = vec![Function::Vf(1).into()];
        assert_eq!(moving.matches_ledger(), []);
        let mut aside = book(0, 64);
        aside.set_aside = BTreeMap::from([(Function::Vf(1).into(), 64)]);
        assert_eq!(aside.matches_ledger(), []);
        aside.set_aside = BTreeMap::from([(Function::Vf(1).into(), 63)]);
        assert_eq!(aside.matches_ledger().len(), 1);
        let mut queued = book(200, 0);
        queued.released = BTreeMap::from([(Function::Vf(4).into(), 200)]);
        assert_eq!(
            queued.matches_ledger(),
            [],
            "the release waits in the driver's queue"
        );
        queued.released = BTreeMap::from([(Function::Vf(4).into(), 199)]);
        assert_eq!(queued.matches_ledger().len(), 1);
    }
}
