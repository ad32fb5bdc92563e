//! What is checked after every step without being asked.
//!
//! A condition that lasts (a counter that differs from the ledger) is reported once, at the step where it begins, and again only if it
//! ended in between. An event (a time-out) is reported at the step where it happened.
//!
//! | family | invariants |
//! |---|---|
//! | `counters` | `counter_matches_ledger`, `total_matches_types`, `counter_wrapped` |
//! | `owners` | `pages_match_ledger` |
//! | `ownership` | `owned_page_mapped`, `page_intact` |
//! | `locks` | `lock_cycle` |
//! | `waits` | `wait_ended_early` |
//! | `commands` | `command_time_out` |
//! | `leaks` | `nothing_leaks` |
//! | `memory` | `memory_safe` |

mod commands;
mod counter_book;
mod counters;
mod leaks;
mod locks;
mod memory;
mod owners;
mod ownership;
pub mod scene;
mod waits;

pub use counter_book::CounterBook;
pub use scene::{DriverScene, Scene};

use crate::record::Violation;
use crate::scenario::InvariantName;
use std::collections::BTreeSet;

/// A condition that does not hold, or an event that must not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which invariant.
    pub invariant: InvariantName,
    /// Whom it concerns: a function, a counter, a command.
    pub subject: Option<String>,
    /// The driver's number.
    pub driver: Option<i64>,
    /// Firmware's number.
    pub firmware: Option<i64>,
    /// In words.
    pub detail: String,
}

/// The checker: knows what is broken already.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    broken: BTreeSet<(InvariantName, Option<String>)>,
    happened: BTreeSet<(InvariantName, Option<String>)>,
    lost: ownership::LostPages,
}

/// The families whose findings last until they are mended.
const CONDITIONS: [fn(&Scene<'_>, &mut Vec<Finding>); 6] = [
    counters::match_ledger,
    owners::match_ledger,
    counters::add_up,
    counters::stay_positive,
    leaks::none_left,
    locks::no_cycle,
];

/// The families whose findings happen at one moment.
const EVENTS: [fn(&Scene<'_>, &mut Vec<Finding>); 4] = [
    waits::end_drained,
    commands::in_time,
    memory::safe,
    ownership::stays_intact,
];

impl Watch {
    /// Checks everything after a step; returns what broke in it.
    pub fn check(&mut self, scene: &Scene<'_>) -> Vec<Violation> {
        let mut conditions = Vec::new();
        CONDITIONS
            .iter()
            .for_each(|family| family(scene, &mut conditions));
        self.lost.stays_mapped(scene, &mut conditions);
        self.keep_new(&mut conditions);

        let mut events = Vec::new();
        EVENTS.iter().for_each(|family| family(scene, &mut events));
        events.retain(|finding| !finding.is_told_once() || self.happened.insert(finding.identity()));

        let findings = conditions.into_iter().chain(events);
        findings.map(|finding| finding.at(scene.step)).collect()
    }

    /// Checks what can be seen of a driver that is not ours; returns what broke in this step.
    pub fn check_counters(&mut self, step: u32, book: &CounterBook) -> Vec<Violation> {
        let mut conditions = book.matches_ledger();
        conditions.extend(book.stays_positive());
        self.keep_new(&mut conditions);
        conditions.into_iter().map(|finding| finding.at(step)).collect()
    }

    /// Leaves out the conditions that were broken before.
    fn keep_new(&mut self, conditions: &mut Vec<Finding>) {
        let still: BTreeSet<_> = conditions.iter().map(Finding::identity).collect();
        conditions.retain(|finding| !self.broken.contains(&finding.identity()));
        self.broken = still;
    }
}

impl Finding {
    fn at(self, step: u32) -> Violation {
        Violation {
            invariant: self.invariant.name().to_owned(),
            step,
            subject: self.subject,
            driver: self.driver,
            firmware: self.firmware,
            detail: self.detail,
            expected: false,
        }
    }

    fn identity(&self) -> (InvariantName, Option<String>) {
        (self.invariant, self.subject.clone())
    }

    /// Damage goes on from where it was done, and a wait that cannot see pages never sees them: every further sign is the
    /// same defect.
    const fn is_told_once(&self) -> bool {
        matches!(
            self.invariant,
            InvariantName::MemorySafe | InvariantName::PageIntact | InvariantName::WaitEndedEarly
        )
    }
}
