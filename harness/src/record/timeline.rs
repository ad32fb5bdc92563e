//! When everything of a run happened, on the device's clock: kept only where somebody asks for it.

use driver_host::Activity;
pub use driver_host::activity::{CounterSample, LockSpan, Span, TaskSpan, WaitSpan};
use emulator::{Owner, Record};
use prm::{Cycles, Function};
use std::collections::BTreeMap;

/// Whether a run keeps its [`Timeline`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// It costs nothing.
    #[default]
    Nothing,
    /// All that the backend can see.
    Everything,
}

/// A row of firmware's ledger that has changed, or is seen for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSample {
    /// When.
    pub at: Cycles,
    /// The row, as snapshots name it.
    pub row: String,
    /// Pages of 4 KiB that firmware books.
    pub pages: u64,
}

/// Something that a driver has printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// When.
    pub at: Cycles,
    /// What.
    pub words: String,
}

/// See the module's head. All times are those of the device's clock; the run began at `began`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The function under test.
    pub endpoint: Function,
    /// The beginning of the run.
    pub began: Cycles,
    /// Its end.
    pub ended: Cycles,
    /// Tasks in the order of their starts.
    pub tasks: Vec<TaskSpan>,
    /// Locks in the order in which they were taken.
    pub locks: Vec<LockSpan>,
    /// Counters in the order of their changes.
    pub counters: Vec<CounterSample>,
    /// Rows of the ledger in the order of their changes.
    pub ledger: Vec<LedgerSample>,
    /// What drivers have printed.
    pub printed: Vec<Printed>,
    /// Firmware's own account.
    pub records: Vec<Record>,
}

impl Timeline {
    /// Nothing has happened yet.
    #[must_use]
    pub const fn new(endpoint: Function, began: Cycles) -> Self {
        Self {
            endpoint,
            began,
            ended: began,
            tasks: Vec::new(),
            locks: Vec::new(),
            counters: Vec::new(),
            ledger: Vec::new(),
            printed: Vec::new(),
            records: Vec::new(),
        }
    }

    /// The name of a row of the ledger, as snapshots have it: the owner, and the supplier where it is another than the
    /// function under test.
    #[must_use]
    pub fn row(&self, supplier: Function, owner: Owner) -> String {
        if supplier == self.endpoint {
            owner.to_string()
        } else {
            format!("{supplier}:{owner}")
        }
    }

    /// Adds what the tasks of our drivers did, and ends where that does.
    pub fn add_activity(&mut self, activity: Activity) {
        self.ended = activity.ended;
        self.tasks.extend(activity.tasks);
        self.locks.extend(activity.locks);
        self.counters.extend(activity.counters);
    }

    /// Makes the ledger of firmware's account: nobody looks at it as it changes. Each end of a step with the rows that were seen
    /// then corrects what the account does not tell, as rows that get another name.
    pub fn add_ledger<'a>(&mut self, seen: impl IntoIterator<Item = (Cycles, &'a BTreeMap<String, u64>)>) {
        let mut books: BTreeMap<String, u64> = BTreeMap::new();
        let mut told = self.records.iter().peekable();
        let mut samples = Vec::new();
        for (end, rows) in seen {
            while let Some(record) = told.next_if(|record| record.cycles() <= end) {
                let (moved, is_given) = match record {
                    Record::PagesGiven(moved) => (moved, true),
                    Record::PagesTaken(moved) | Record::PagesForgotten(moved) => (moved, false),
                    _ => continue,
                };
                let row = self.row(moved.supplier, moved.owner);
                let booked = books.entry(row.clone()).or_default();
                *booked = if is_given {
                    booked.saturating_add(moved.pages)
                } else {
                    booked.saturating_sub(moved.pages)
                };
                samples.push((moved.cycles, row, *booked));
            }
            let gone: Vec<String> = books
                .keys()
                .filter(|row| !rows.contains_key(*row))
                .cloned()
                .collect();
            let gone = gone.into_iter().map(|row| (row, 0));
            for (row, pages) in gone.chain(rows.iter().map(|(row, pages)| (row.clone(), *pages))) {
                if books.insert(row.clone(), pages).unwrap_or(0) != pages {
                    samples.push((end, row, pages));
                }
            }
        }
        let samples = samples.into_iter();
        self.ledger = samples
            .map(|(at, row, pages)| LedgerSample { at, row, pages })
            .collect();
    }

    /// Adds the counters of the function under test that have changed since they were last added.
    pub fn add_counters(&mut self, at: Cycles, counters: &BTreeMap<String, Option<u32>>) {
        for (name, value) in counters {
            let Some(value) = *value else { continue };
            let last = self.counters.iter().rev().find(|sample| sample.name == *name);
            if last.is_none_or(|last| last.value != value) {
                self.counters.push(CounterSample {
                    at,
                    endpoint: self.endpoint,
                    name: name.clone(),
                    value,
                });
            }
        }
    }
}
