//! All tasks where they stand, to come back to.
//!
//! A future is one thing that cannot be copied. What it stands for is known all the same: by what its task has seen. Whoever goes back
//! keeps the futures that stand where they did; the others are made again when it is their turn, and are told of their past.

use super::access::{Access, DriverId, Object, TaskId};
use super::announcement::Announcement;
use super::executor::Runtime;
use super::executor::core::{Polled, Record, Task};
use prm::Cycles;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// See the module's head. Copies are cheap.
#[derive(Clone)]
pub struct TasksStanding {
    tasks: Vec<(TaskId, Rc<Record>)>,
    ready: VecDeque<TaskId>,
    waiting: BTreeMap<(DriverId, Object), VecDeque<TaskId>>,
    timers: BTreeSet<(Cycles, TaskId)>,
    /// What those who wait look at, and what was written of that and is not told yet.
    watched: BTreeMap<TaskId, Announcement>,
    polled: BTreeMap<TaskId, Polled>,
    doubts: BTreeMap<TaskId, Access>,
    next_task: u64,
    pauses: BTreeSet<(DriverId, &'static str)>,
    requested_pauses: BTreeSet<String>,
}

impl Runtime {
    /// Copies where all tasks stand. It can be gone back to if their past was remembered from their beginning on
    /// ([`Self::remember`]). No task may be running.
    #[must_use]
    pub fn snapshot(&self) -> TasksStanding {
        let core = self.core.borrow();
        let tasks = core.tasks.iter();
        TasksStanding {
            tasks: tasks.map(|(&id, task)| (id, Rc::clone(&task.record))).collect(),
            ready: core.ready.clone(),
            waiting: core.waiting.clone(),
            timers: core.timers.clone(),
            watched: core.watched.clone(),
            polled: core.polled.clone(),
            doubts: core.doubts.clone(),
            next_task: core.next_task,
            pauses: core.pauses.clone(),
            requested_pauses: core.requested_pauses.clone(),
        }
    }

    /// Goes back to where all tasks stood. What others did meanwhile is theirs to undo: nothing of a task that is not there any more
    /// has an effect.
    pub fn go_back(&self, standing: &TasksStanding) {
        let discarded: Vec<Task> = {
            let mut core = self.core.borrow_mut();
            let core = &mut *core;
            let mut present = std::mem::take(&mut core.tasks);
            let mut discarded = Vec::new();
            for (id, record) in &standing.tasks {
                let present = present.remove(id);
                let kept = present.and_then(|task| match task.record.stands_as(record) {
                    true => task.future,
                    false => {
                        discarded.push(task);
                        None
                    }
                });
                let task = Task {
                    record: Rc::clone(record),
                    future: kept,
                };
                core.tasks.insert(*id, task);
            }
            discarded.extend(present.into_values());
            core.ready.clone_from(&standing.ready);
            core.waiting.clone_from(&standing.waiting);
            core.timers.clone_from(&standing.timers);
            core.watched.clone_from(&standing.watched);
            core.polled.clone_from(&standing.polled);
            core.doubts.clone_from(&standing.doubts);
            core.next_task = standing.next_task;
            core.pauses.clone_from(&standing.pauses);
            core.requested_pauses.clone_from(&standing.requested_pauses);
            core.surprise = None;
            core.discards = true;
            discarded
        };
        // A future that is dropped may touch the runtime again.
        drop(discarded);
        self.core.borrow_mut().discards = false;
    }

    /// From here on tasks remember what they see, or do not any more. Only those that have done so from their beginning on can be made
    /// again.
    pub fn remember(&self, remembers: bool) {
        self.core.borrow_mut().remembers = remembers;
    }
}

impl Record {
    /// Whether a future that stands as this says stands as the other says, too.
    fn stands_as(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.factory, &other.factory)
            && self.begun == other.begun
            && self.history.is_same_as(&other.history)
    }
}
