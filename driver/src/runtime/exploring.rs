//! What an explorer of interleavings does with tasks: picks one by itself, wakes one, throws all away.

use super::executor::core::{Polled, TaskState};
use super::executor::{Runtime, Woken};
use super::stop::RunStop;
use crate::runtime::access::{Object, TaskId};
use crate::runtime::announcement::Announcement;
use crate::runtime::role::TaskName;
use prm::Cycles;
use std::hash::{Hash, Hasher};

/// A task that could run, as an explorer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyTask {
    /// Its identity.
    pub id: TaskId,
    /// Its name, unique among the tasks that live.
    pub name: TaskName,
    /// What it touches next. Nothing, if it has not said so yet: then it has to run to say it.
    pub announcement: Announcement,
}

/// A task that waits for a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleeper {
    /// Its name.
    pub task: TaskName,
    /// What for.
    pub sleep: Sleep,
}

/// What a task waits for that waits for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sleep {
    /// The end of a pause.
    Pause,
    /// Another look.
    Look {
        /// Whether anything has changed since the last one.
        has_news: bool,
    },
}

impl Runtime {
    /// From here on somebody explores, or does not any more: steps that follow each other at once are told apart, and what tasks see
    /// is remembered.
    pub fn explore(&self, explores: bool) {
        let mut core = self.core.borrow_mut();
        core.remembers = explores;
        core.splits = explores;
    }

    /// The tasks that could run, in order of readiness.
    #[must_use]
    pub fn ready(&self) -> Vec<ReadyTask> {
        let core = self.core.borrow();
        let ready = core.ready.iter().filter_map(|&id| {
            let task = core.tasks.get(&id)?;
            let TaskState::Ready(announcement) = &task.record.state else {
                return None;
            };
            Some(ReadyTask {
                id,
                name: task.record.name,
                announcement: announcement.clone(),
            })
        });
        ready.collect()
    }

    /// The first task that could run and has not said yet what it touches next.
    #[must_use]
    pub fn first_silent(&self) -> Option<TaskId> {
        let core = self.core.borrow();
        let mut ready = core.ready.iter().copied();
        ready.find(|id| match core.tasks.get(id).map(|task| &task.record.state) {
            Some(TaskState::Ready(announcement)) => announcement.iter().next().is_none(),
            _ => false,
        })
    }

    /// Runs a ready task to its next scheduling point. Returns whether there is such a task.
    ///
    /// # Errors
    /// [`RunStop::Surprise`] when its step has touched what it had not announced.
    pub fn run(&self, id: TaskId) -> Result<bool, RunStop> {
        {
            let mut core = self.core.borrow_mut();
            let Some(index) = core.ready.iter().position(|&ready| ready == id) else {
                return Ok(false);
            };
            core.ready.remove(index);
            core.ready.push_front(id);
        }
        self.run_one()
    }

    /// The time of a waiting task is over, whatever the clock says.
    pub fn expire_task(&self, id: TaskId) {
        let mut core = self.core.borrow_mut();
        core.stop_waiting(id);
        core.make_ready(id, Woken::Expired);
    }

    /// The name of a task.
    #[must_use]
    pub fn name_of(&self, id: TaskId) -> Option<TaskName> {
        self.core.borrow().tasks.get(&id).map(|task| task.record.name)
    }

    /// The living task of this name.
    #[must_use]
    pub fn id_of(&self, name: TaskName) -> Option<TaskId> {
        let core = self.core.borrow();
        let mut tasks = core.tasks.iter();
        tasks
            .find(|(_, task)| task.record.name == name)
            .map(|(&id, _)| id)
    }

    /// The tasks that wait for a time of their own: for a pause to end, or to look again at what has changed since they looked.
    #[must_use]
    pub fn sleepers(&self) -> Vec<Sleeper> {
        let core = self.core.borrow();
        let sleepers = core.tasks.iter().filter_map(|(&id, task)| {
            let TaskState::Waiting(waiting) = task.record.state else {
                return None;
            };
            let sleep = match waiting.object {
                Object::Pause => Sleep::Pause,
                Object::Timer => Sleep::Look {
                    // Who has not said what he looks at may look again at once.
                    has_news: core.polled.get(&id).is_none_or(|polled| polled.has_changed),
                },
                _ => return None,
            };
            let task = task.record.name;
            Some(Sleeper { task, sleep })
        });
        sleepers.collect()
    }

    /// The tasks whose wait is over at some time, with that time, but for pauses that end by themselves; the earliest first.
    #[must_use]
    pub fn patient(&self) -> Vec<(TaskName, Cycles)> {
        let core = self.core.borrow();
        let patient = core.timers.iter().filter_map(|&(at, id)| {
            let record = &core.tasks.get(&id)?.record;
            let TaskState::Waiting(waiting) = record.state else {
                return None;
            };
            (waiting.object != Object::Pause).then_some((record.name, at))
        });
        patient.collect()
    }

    /// The names of all tasks that exist, oldest first.
    #[must_use]
    pub fn names(&self) -> Vec<TaskName> {
        let core = self.core.borrow();
        core.tasks.values().map(|task| task.record.name).collect()
    }

    /// Who sleeps from here on looks at this when he wakes. Where nobody explores that is nobody's concern.
    pub(crate) fn note_poll(&self, looks: Announcement) {
        let mut core = self.core.borrow_mut();
        if core.splits
            && core.recall.is_none()
            && let Some(id) = core.running
        {
            let has_changed = false;
            core.polled.insert(id, Polled { looks, has_changed });
        }
    }

    /// The device did something: whoever looks at its registers now and then may see something else.
    pub fn note_device(&self) {
        let mut core = self.core.borrow_mut();
        for polled in core.polled.values_mut() {
            polled.has_changed |= polled.looks.iter().any(|look| look.object == Object::Registers);
        }
    }

    /// All by which the tasks could go on otherwise than others: names, where they stand, what they have seen.
    pub fn hash_tasks(&self, hasher: &mut impl Hasher) {
        let core = self.core.borrow();
        let mut tasks: Vec<_> = core.tasks.values().map(|task| &task.record).collect();
        tasks.sort_by_key(|task| task.name);
        for task in tasks {
            task.hash(hasher);
        }
        (&core.pauses, &core.requested_pauses).hash(hasher);
        drop(core);
        for Sleeper { task, sleep } in self.sleepers() {
            (task, sleep).hash(hasher);
        }
    }
}
