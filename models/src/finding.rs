//! What a tool found.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a tool found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The schedule that showed the first violation, counted from 1.
    pub first: Option<u64>,
    /// How many schedules were run.
    pub schedules: u64,
}

impl Finding {
    /// Whether there was a violation.
    #[must_use]
    pub fn violated(self) -> bool {
        self.first.is_some()
    }
}

/// Counts schedules. It stands outside the model: no tool knows of it, and it adds no choice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    schedules: AtomicU64,
    /// 0 as long as there is none.
    first: AtomicU64,
}

impl Tally {
    /// A schedule has ended.
    pub(crate) fn note(&self, violated: bool) {
        let schedule = self.0.schedules.fetch_add(1, Ordering::Relaxed) + 1;
        if violated && !self.finding().violated() {
            self.0.first.store(schedule, Ordering::Relaxed);
        }
    }

    /// What was found so far.
    pub(crate) fn finding(&self) -> Finding {
        let first = self.0.first.load(Ordering::Relaxed);
        Finding {
            first: (first > 0).then_some(first),
            schedules: self.0.schedules.load(Ordering::Relaxed),
        }
    }
}
