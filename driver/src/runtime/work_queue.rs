//! Queues with a single worker as data: first in, first out, one item at a time.

use std::collections::VecDeque;

/// The items that wait, and how many have been.
#[derive(Clone, Debug, Hash)]
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

    /// Items that were queued so far.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.queued
    }

    /// Items that have ended so far.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.finished
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
