//! Both books: each counter of the driver's beside what firmware books on functions of its type, after every step and over
//! time.

use super::words::{Word, Words};
use crate::record::result::Snapshot;
use crate::record::timeline::Timeline;
use crate::report::books::{COMPARED, counter_of, short_name, side_by_side, signed};
use emulator::config::DeviceKind;
use prm::{Cycles, saturated};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One counter after every step. One that is 0 in both books all the time is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct StepCurve {
    /// The counter.
    counter: Word,
    /// Its name in tables.
    short: Word,
    /// The driver's value, read as a signed number; `null` where nobody can see it.
    driver: Vec<Option<i64>>,
    /// Pages that firmware books.
    firmware: Vec<i64>,
    /// The step in which the invariant broke first that holds both against each other. Without it they may differ all the
    /// same, while something is under way.
    parts: Option<u32>,
}

/// What firmware books on one owner after every step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct OwnerCurve {
    owner: Word,
    pages: Vec<u64>,
}

/// One counter over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct TimeCurve {
    counter: Word,
    driver: Changes,
    firmware: Changes,
}

/// A number that has these values from these times on, in ns since the beginning of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Changes {
    at: Vec<u64>,
    value: Vec<i64>,
}

impl Changes {
    fn add(&mut self, at: u64, value: i64) {
        if self.at.last() == Some(&at) {
            self.at.pop();
            self.value.pop();
        }
        if self.value.last() != Some(&value) {
            self.at.push(at);
            self.value.push(value);
        }
    }
}

/// Every counter after every step.
pub(super) fn by_step(books: &[Snapshot], kind: DeviceKind, words: &mut Words) -> Vec<StepCurve> {
    let entries: Vec<_> = books.iter().map(|book| side_by_side(book, kind)).collect();
    let curves = COMPARED.iter().enumerate().map(|(place, (counter, _))| {
        let of_it = || entries.iter().filter_map(|entries| entries.get(place));
        StepCurve {
            counter: words.number(counter),
            short: words.number(short_name(counter)),
            driver: of_it().map(|entry| entry.driver).collect(),
            firmware: of_it().map(|entry| entry.firmware).collect(),
            parts: None,
        }
    });
    curves.filter(StepCurve::is_of_interest).collect()
}

impl StepCurve {
    /// An invariant broke in this step, about a counter.
    pub(super) fn breaks(&mut self, counter: Word, step: u32) {
        if self.counter == counter {
            self.parts.get_or_insert(step);
        }
    }

    fn is_of_interest(&self) -> bool {
        self.driver.iter().flatten().any(|value| *value != 0) || self.firmware.iter().any(|pages| *pages != 0)
    }
}

/// Every owner after every step.
pub(super) fn owners(books: &[Snapshot], words: &mut Words) -> Vec<OwnerCurve> {
    let names: BTreeSet<&String> = books.iter().flat_map(|book| book.ledger.keys()).collect();
    let curves = names.into_iter().map(|name| OwnerCurve {
        owner: words.number(name),
        pages: books
            .iter()
            .map(|book| book.ledger.get(name).copied().unwrap_or(0))
            .collect(),
    });
    curves
        .filter(|curve| curve.pages.iter().any(|pages| *pages != 0))
        .collect()
}

/// Every counter over time.
pub(super) fn over_time(timeline: &Timeline, kind: DeviceKind, words: &mut Words) -> Vec<TimeCurve> {
    let since = |at: Cycles| at.saturating_sub(timeline.began).0;
    let mut curves: BTreeMap<&str, (Changes, Changes)> = BTreeMap::new();
    for sample in &timeline.counters {
        if sample.endpoint == timeline.endpoint {
            let curve = curves.entry(sample.name.as_str()).or_default();
            curve.0.add(since(sample.at), signed(sample.value));
        }
    }
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for sample in &timeline.ledger {
        rows.insert(&sample.row, sample.pages);
        let counter = counter_of(&sample.row, kind);
        let of_type = rows.iter().filter(|(row, _)| counter_of(row, kind) == counter);
        let of_type: u64 = of_type.map(|(_, pages)| pages).sum();
        let total: u64 = rows.values().sum();
        for (counter, pages) in [(counter, of_type), ("fw_pages_total", total)] {
            let curve = curves.entry(counter).or_default();
            curve.1.add(since(sample.at), saturated::<i64>(pages));
        }
    }
    let mut drawn = Vec::new();
    for (counter, _) in COMPARED {
        if let Some((driver, firmware)) = curves.remove(counter)
            && driver
                .value
                .iter()
                .chain(&firmware.value)
                .any(|value| *value != 0)
        {
            let counter = words.number(counter);
            drawn.push(TimeCurve {
                counter,
                driver,
                firmware,
            });
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(driver: u32, firmware: u64) -> Snapshot {
        Snapshot {
            counters: [("fw_pages_vfs".to_owned(), Some(driver))].into(),
            ledger: [("vf1".to_owned(), firmware)].into(),
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_counter_stands_beside_what_firmware_books_after_every_step() {
        let mut words = Words::default();
        let books = [book(0, 0), book(0, 512), book(4_294_966_784, 0)];
        let curves = by_step(&books, DeviceKind::Pf, &mut words);
        // And the total of firmware's; nobody can see the driver's.
        let total = &curves[0];
        assert_eq!(
            (total.driver.as_slice(), total.firmware.as_slice()),
            (&[None; 3][..], &[0, 512, 0][..])
        );
        let vfs = &curves[1];
        assert_eq!(vfs.driver, [Some(0), Some(0), Some(-512)]);
        assert_eq!(vfs.firmware, [0, 512, 0]);
        assert_eq!(curves.len(), 2, "what is 0 all the time is left out");
        let owners = owners(&books, &mut words);
        assert_eq!(owners[0].pages, [0, 512, 0]);
    }

    #[test]
    fn of_several_values_at_one_time_the_last_holds() {
        let mut changes = Changes::default();
        for (at, value) in [(0, 1), (5, 2), (5, 3), (7, 3), (9, 4), (9, 3)] {
            changes.add(at, value);
        }
        assert_eq!((changes.at, changes.value), (vec![0, 5], vec![1, 3]));
    }
}
