//! What has happened, for those who ask later and for those who want to hear of it at once.

use super::account::Account;
use super::drivers::{DriverChange, Drivers};
use super::history::History;
use emulator::Record;
use prm::Cycles;
use serde::Serialize;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    pub(super) history: History,
    /// What no look has had; none before anybody may look.
    pub(super) account: Option<Account>,
    pub(super) drivers: Drivers,
    /// What has become of drivers that nobody was told of.
    changes: Changes,
    /// How many records were kept that nobody was told of.
    untold: usize,
}

/// What has come of records, and after how many of them.
pub(super) type Changes = Vec<(usize, DriverChange)>;

/// A line for those who have subscribed.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum News<'a> {
    /// Something happened.
    Record(&'a Record),
    /// Something has become of a driver by it.
    Driver {
        /// What.
        driver: &'a DriverChange,
    },
}

impl Chronicle {
    /// Keeps records.
    pub(super) fn keep(&mut self, records: &[Record]) {
        if let Some(account) = &mut self.account {
            account.add(records);
        }
        for record in records {
            if let Record::Command(command) = record {
                self.history.push((**command).clone());
            }
            self.untold += 1;
            let change = self.drivers.note(record);
            self.changes.extend(change.map(|change| (self.untold, change)));
        }
    }

    /// Another device is there: what was not looked at is of one that is gone, and its drivers are, too.
    pub(super) fn begin_anew(&mut self, at: Cycles) {
        if let Some(account) = &mut self.account {
            account.clear();
        }
        let gone = self.drivers.all_gone(at).into_iter();
        self.changes.extend(gone.map(|change| (self.untold, change)));
    }

    /// What has become of drivers by the records that were kept since the last call, which are told now.
    pub(super) fn take_changes(&mut self) -> Changes {
        self.untold = 0;
        std::mem::take(&mut self.changes)
    }
}

/// Records with what has become of drivers by them, in order.
pub(super) fn news<'a>(records: &'a [Record], changes: &'a Changes) -> Vec<News<'a>> {
    let mut all = Vec::with_capacity(records.len() + changes.len());
    let mut rest = records.iter();
    for (place, driver) in changes {
        let told = records.len() - rest.len();
        all.extend(rest.by_ref().take(place.saturating_sub(told)).map(News::Record));
        all.push(News::Driver { driver });
    }
    all.extend(rest.map(News::Record));
    all
}
