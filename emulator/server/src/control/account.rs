//! Everything that happened, for the one client that compares books.
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
pub(super) struct Account(VecDeque<Record>);

impl Account {
    /// Keeps records.
    pub(super) fn add(&mut self, records: &[Record]) {
        self.0.extend(records.iter().cloned());
        let superfluous = self.0.len().saturating_sub(KEPT);
        self.0.drain(..superfluous);
    }

    /// The oldest records, and how many more there are.
    pub(super) fn take(&mut self) -> (Vec<Record>, u64) {
        let records = self.0.drain(..PER_ANSWER.min(self.0.len())).collect();
        (records, self.0.len() as u64)
    }

    /// What there was is of a device that is gone.
    pub(super) fn clear(&mut self) {
        self.0.clear();
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
        let (first, left) = account.take();
        assert_eq!((first.len(), left), (4096, 904));
        let (rest, left) = account.take();
        assert_eq!((rest.len(), left, rest[0].cycles()), (904, 0, Cycles(4096)));
        for _ in 0..KEPT / 5000 + 1 {
            account.add(&records);
        }
        assert_eq!(account.0.len(), KEPT);
        account.clear();
        assert_eq!(account.take(), (Vec::new(), 0));
    }
}
