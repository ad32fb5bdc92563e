//! Work queues with a single worker: first in, first out, one item at a time, every item a task of its own.

use super::access::Object;
use crate::driver::{Driver, State};
use std::collections::VecDeque;
use std::future::Future;

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
}

/// Something a queue's worker does.
pub trait Work: Clone + 'static {
    /// The name of the worker's tasks.
    const NAME: &'static str;
    /// The queue as an object of scheduling points.
    const QUEUE: Object;

    /// Where the queue lives.
    fn queue(state: &mut State) -> &mut WorkQueue<Self>;

    /// Does the work.
    fn run(self, driver: Driver) -> impl Future<Output = ()>;
}

impl Driver {
    /// Queues work. Part of an announced step: interrupt handlers call it too.
    pub fn queue_work<W: Work>(&self, work: W) {
        let start = self.with(|state, _| {
            let queue = W::queue(state);
            queue.items.push_back(work);
            queue.queued += 1;
            !std::mem::replace(&mut queue.busy, true)
        });
        if start {
            self.spawn_worker::<W>();
        }
    }

    fn spawn_worker<W: Work>(&self) {
        let driver = self.clone();
        self.spawn(W::NAME, async move {
            let item = driver
                .step(driver.writes(W::QUEUE), |state, _| {
                    W::queue(state).items.pop_front()
                })
                .await;
            if let Some(work) = item {
                work.run(driver.clone()).await;
            }
            let more = driver.with(|state, _| {
                let queue = W::queue(state);
                queue.finished += 1;
                queue.busy = !queue.items.is_empty();
                queue.busy
            });
            driver.notify(W::QUEUE);
            if more {
                driver.spawn_worker::<W>();
            }
        });
    }

    /// Waits until everything queued before this call has ended.
    pub async fn flush_work<W: Work>(&self) {
        let target = self
            .step(self.reads(W::QUEUE), |state, _| W::queue(state).queued)
            .await;
        while self.with(|state, _| W::queue(state).finished) < target {
            self.runtime().wait(self.id(), W::QUEUE, None).await;
        }
    }
}
