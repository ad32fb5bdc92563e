//! Work queues with a single worker, every item a task of its own.

use super::driver::Driver;
use crate::runtime::{Object, TaskRole, WorkQueue};
use crate::state::State;
use std::future::Future;
use std::hash::Hash;

/// Something a queue's worker does.
pub trait Work: Clone + Hash + 'static {
    /// What the worker's tasks are.
    const ROLE: TaskRole;
    /// The queue as an object of scheduling points.
    const QUEUE: Object;

    /// Where the queue lives.
    fn queue(state: &mut State) -> &mut WorkQueue<Self>;

    /// The same, to look at.
    fn look(state: &State) -> &WorkQueue<Self>;

    /// Does the work.
    fn run(self, driver: Driver) -> impl Future<Output = ()>;
}

impl Driver {
    /// Queues work. Part of an announced step: interrupt handlers call it too.
    pub fn queue_work<W: Work>(&self, work: W) {
        let start = self.go_on(|state, _| W::queue(state).push(work));
        if start {
            self.spawn_worker::<W>();
        }
    }

    fn spawn_worker<W: Work>(&self) {
        self.spawn(W::ROLE, |driver| async move {
            let item = driver
                .step(driver.writes(W::QUEUE), |state, _| W::queue(state).take())
                .await;
            if let Some(work) = item {
                work.run(driver.clone()).await;
            }
            let more = driver
                .then(driver.writes(W::QUEUE), |state, _| W::queue(state).finish())
                .await;
            driver.notify(W::QUEUE);
            if more {
                driver.spawn_worker::<W>();
            }
        });
    }

    /// Waits until everything queued before this call has ended.
    pub async fn flush_work<W: Work>(&self) {
        let target = self
            .step(self.reads(W::QUEUE), |state, _| W::look(state).end())
            .await;
        let look = |state: &State| W::look(state).has_reached(target).then_some(());
        self.wait_for_ever(self.reads(W::QUEUE), W::QUEUE, look).await;
    }
}
