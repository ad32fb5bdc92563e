//! How much firmware does at a time: all that is due, or a portion of it.

use crate::state::silicon::{Buses, Silicon};
use prm::Cycles;

/// How much firmware does at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// A doorbell is followed to its end when it is rung, and what is due is done to its end. Lists have a million pages at
    /// most.
    #[default]
    Whole,
    /// Long work is done in portions, by [`Silicon::work`]: of chains of mailboxes and of lists of pages. What a command
    /// does, and in which order, is the same; it takes its time in pieces, and those of several functions take turns. Lists
    /// have 262144 pages at most.
    Portions,
}

impl Pace {
    /// Mailboxes of a chain that are followed in one portion.
    pub(crate) const fn mailboxes(self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Portions => 256,
        }
    }

    /// Longest list of pages of one MANAGE_PAGES. Drivers were seen to give 20000 and to take 50000 at a time, and the
    /// guests of a served device have not the memory for more than these. Booking a list is one piece of work.
    pub(crate) const fn longest_list(self) -> u32 {
        match self {
            Self::Whole => 1 << 20,
            Self::Portions => 1 << 18,
        }
    }

    /// Pages of a list that are written or looked at in one portion.
    pub(crate) const fn pages(self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Portions => 4096,
        }
    }
}

impl Silicon {
    /// Chooses how much is done at a time.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Whether something is to be done at `now`.
    #[must_use]
    pub fn has_work(&self, now: Cycles) -> bool {
        self.inflow.is_due() || self.next_due().is_some_and(|due| due.at <= now)
    }

    /// Does one portion of what is to be done at `now`: of the commands that were announced, and of what is due. False
    /// if there was nothing to do. Every piece of work that was due happens at the time at which it was due.
    pub fn work(&mut self, now: Cycles, buses: &mut dyn Buses) -> bool {
        let fetched = self.fetch_portion(now, buses);
        let done = self.do_next(now, buses);
        fetched || done
    }
}
