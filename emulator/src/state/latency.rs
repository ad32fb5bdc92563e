//! How long firmware works on a command.
//!
//! One cycle is 1 ns. The figures in the table of operations are orders of magnitude: what a device model was observed to need when
//! the Linux driver ran against it, rounded. Only their order matters to a driver; a command always takes some time, and a page
//! costs more than nothing. MANAGE_PAGES(take) was observed 5794 times in 5.2 s, one after another, a give of 20000 pages in
//! 44 ms.

use prm::{Cycles, PagesOp};

/// How long firmware works on an operation, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Latency {
    /// Always so long.
    Micros(u64),
    /// A base, and so long for each page of its list.
    Listed { base: u64, per_page: u64 },
    /// MANAGE_PAGES: take 900, however many pages it returns; give 60 and 2 for each page; cannot give 40.
    ManagePages,
}

impl Latency {
    /// Of most operations.
    pub(crate) const USUAL: Self = Self::Micros(50);

    /// Time from the doorbell to the execution of a command whose list has `pages` entries.
    pub(crate) fn of(self, op_mod: u16, pages: u64) -> Cycles {
        let (base, per_page) = match self {
            Self::Micros(base) => (base, 0),
            Self::Listed { base, per_page } => (base, per_page),
            Self::ManagePages => match PagesOp::from_raw(op_mod) {
                // Its list is the answer's: how long that will be nobody knows before.
                PagesOp::Take => (900, 0),
                PagesOp::Give => (60, 2),
                PagesOp::CannotGive | PagesOp::Unknown(_) => (40, 0),
            },
        };
        Cycles::from_micros(pages.saturating_mul(per_page).saturating_add(base))
    }
}
