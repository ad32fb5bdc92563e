//! Queues with a single worker as data: first in, first out, one item at a time.

use parts::{NameOf, hash_name};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

/// The items that wait, and how many have been.
#[derive(Clone, Debug)]
pub struct WorkQueue<W> {
    items: VecDeque<W>,
    busy: bool,
    queued: u64,
    finished: u64,
}

impl<W> Default for WorkQueue<W> {
    fn default() -> Self {
        Self {
            items: VecDeque::new(),
            busy: false,
            queued: 0,
            finished: 0,
        }
    }
}

impl<W: Hash> Hash for WorkQueue<W> {
    /// How many items there have been is no matter; which of those that are left somebody waits for is.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            items,
            busy,
            queued,
            finished,
        } = self;
        (items, busy).hash(state);
        (*finished..*queued).for_each(|before| Position(before + 1).hash(state));
    }
}

/// How far a queue has come: after so many items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(u64);

impl Hash for Position {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_name(state, NameOf::WorkItem, self.0);
    }
}

impl<W> WorkQueue<W> {
    /// Items that have not ended: the one being worked on and those behind it.
    #[must_use]
    pub fn outstanding(&self) -> u64 {
        self.queued - self.finished
    }

    /// Items that wait behind the one being worked on.
    pub fn waiting(&self) -> impl Iterator<Item = &W> {
        self.items.iter()
    }

    /// Behind everything that was queued so far.
    #[must_use]
    pub const fn end(&self) -> Position {
        Position(self.queued)
    }

    /// Whether everything before a position has ended.
    #[must_use]
    pub fn has_reached(&self, position: Position) -> bool {
        Position(self.finished) >= position
    }

    /// Queues an item. Whether a worker has to be started for it.
    #[must_use]
    pub fn push(&mut self, item: W) -> bool {
        self.items.push_back(item);
        self.queued += 1;
        !std::mem::replace(&mut self.busy, true)
    }

    /// The item to work on.
    pub fn take(&mut self) -> Option<W> {
        self.items.pop_front()
    }

    /// Notes that the item being worked on has ended. Whether a worker has to be started for the next.
    #[must_use]
    pub fn finish(&mut self) -> bool {
        self.finished += 1;
        self.busy = !self.items.is_empty();
        self.busy
    }
}
