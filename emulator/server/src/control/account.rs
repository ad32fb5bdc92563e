//! Everything that happened, for the one client that compares books: whoever looks first gets it.
//!
//! It is kept only where time stands still between orders, and so somebody plays a scenario: a device on a wall clock is not
//! looked at in this way, and would fill the memory.

use emulator::Record;
use std::collections::VecDeque;

/// How many records one answer carries at most.
const PER_ANSWER: usize = 4096;

/// What is kept while nobody looks: of older records the last ones.
const KEPT: usize = 1 << 20;

/// Records that no look has had.
#[derive(Debug, Default)]
pub(super) struct Account {
    records: VecDeque<Record>,
    /// How many were forgotten since the last look.
    lost: u64,
}

/// What a look gets.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Portion {
    /// The oldest records.
    pub(super) records: Vec<Record>,
    /// How many more there are.
    pub(super) left: u64,
    /// How many were forgotten before the first.
    pub(super) lost: u64,
}

impl Account {
    /// Keeps records.
    pub(super) fn add(&mut self, records: &[Record]) {
        self.records.extend(records.iter().cloned());
        let superfluous = self.records.len().saturating_sub(KEPT);
        self.records.drain(..superfluous);
        self.lost += superfluous as u64;
    }

    /// The oldest records, which are not kept any longer.
    pub(super) fn take(&mut self) -> Portion {
        let records = self.records.drain(..PER_ANSWER.min(self.records.len())).collect();
        Portion {
            records,
            left: self.records.len() as u64,
            lost: std::mem::take(&mut self.lost),
        }
    }

    /// What there was is of a device that is gone.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prm::{Cycles, Function};

    fn record(n: u64) -> Record {
        Record::Doorbell {
            cycles: Cycles(n),
            endpoint: Function::Pf,
            vector: 1,
        }
    }

    #[test]
    fn records_come_once_in_portions_and_the_oldest_go_when_nobody_looks() {
        let mut account = Account::default();
        let records: Vec<Record> = (0..5000).map(record).collect();
        account.add(&records);
        let first = account.take();
        assert_eq!((first.records.len(), first.left, first.lost), (4096, 904, 0));
        let rest = account.take();
        assert_eq!((rest.records.len(), rest.left), (904, 0));
        assert_eq!(rest.records[0].cycles(), Cycles(4096));
        let times = KEPT / 5000 + 1;
        (0..times).for_each(|_| account.add(&records));
        let first = account.take();
        assert_eq!(first.lost, (times * 5000 - KEPT) as u64);
        assert_eq!(first.left, (KEPT - 4096) as u64);
        assert_eq!(account.take().lost, 0, "it is told once");
        account.clear();
        assert_eq!(account.take(), Portion::default());
    }
}
