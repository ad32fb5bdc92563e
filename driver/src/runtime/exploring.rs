//! What an explorer of interleavings does with tasks: picks one by itself, wakes one, throws all away.

use super::executor::core::TaskState;
use super::executor::{RunStop, Runtime, Waiting, Woken};
use crate::runtime::access::{Object, TaskId};
use crate::runtime::announcement::Announcement;
use crate::runtime::schedule::{Candidate, InOrder, ScheduleMismatch, Scheduler};
use std::hash::{Hash, Hasher};

/// The schedule of an explorer: it says itself who runs, and may let others run between any two steps.
#[derive(Clone, Copy, Debug)]
struct Explored;

impl Scheduler for Explored {
    /// Not asked: an explorer names the task. Who asks all the same gets whoever became ready first.
    fn choose(&mut self, _candidates: &[Candidate]) -> Result<usize, ScheduleMismatch> {
        Ok(0)
    }

    fn splits(&self) -> bool {
        true
    }
}

/// A task that could run, as an explorer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyTask {
    /// Its identity.
    pub id: TaskId,
    /// Its name, unique among the tasks that live.
    pub name: String,
    /// What it touches next. Nothing, if it has not said so yet: then it has to run to say it.
    pub announcement: Announcement,
}

impl Runtime {
    /// From here on somebody explores, or does not any more: steps that follow each other at once are told apart, and what tasks see
    /// is remembered.
    pub fn explore(&self, explores: bool) {
        let mut core = self.core.borrow_mut();
        core.remembers = explores;
        core.scheduler = if explores {
            Box::new(Explored)
        } else {
            Box::new(InOrder)
        };
    }

    /// The tasks that could run, in order of readiness.
    #[must_use]
    pub fn ready(&self) -> Vec<ReadyTask> {
        let core = self.core.borrow();
        let ready = core.ready.iter().filter_map(|&id| {
            let task = core.tasks.get(&id)?;
            let TaskState::Ready(announcement) = &task.state else {
                return None;
            };
            Some(ReadyTask {
                id,
                name: task.name.clone(),
                announcement: announcement.clone(),
            })
        });
        ready.collect()
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

    /// The name of a task; nothing if there is none.
    #[must_use]
    pub fn name_of(&self, id: TaskId) -> String {
        let core = self.core.borrow();
        core.tasks
            .get(&id)
            .map(|task| task.name.clone())
            .unwrap_or_default()
    }

    /// The living task of this name.
    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<TaskId> {
        let core = self.core.borrow();
        let mut tasks = core.tasks.iter();
        tasks.find(|(_, task)| task.name == name).map(|(&id, _)| id)
    }

    /// The tasks that wait for a time of their own: to look again, or for a pause to end.
    #[must_use]
    pub fn sleepers(&self) -> Vec<(TaskId, Object)> {
        let core = self.core.borrow();
        let sleepers = core.tasks.iter().filter_map(|(&id, task)| match task.state {
            TaskState::Waiting(Waiting {
                object: object @ (Object::Timer | Object::Pause),
                ..
            }) => Some((id, object)),
            _ => None,
        });
        sleepers.collect()
    }

    /// All by which the tasks could go on otherwise than others: names, where they stand, what they have seen.
    pub fn hash_tasks(&self, hasher: &mut impl Hasher) {
        let core = self.core.borrow();
        let mut tasks: Vec<_> = core.tasks.values().collect();
        tasks.sort_by(|one, other| one.name.cmp(&other.name));
        for task in tasks {
            task.name.hash(hasher);
            task.seen.hash(hasher);
            match &task.state {
                TaskState::Ready(announcement) => announcement.iter().for_each(|access| access.hash(hasher)),
                // Times are no part of it.
                TaskState::Waiting(waiting) => (waiting.driver, waiting.object).hash(hasher),
            }
        }
    }

    /// Throws all tasks away, wherever they stand. What they hold is released without a word.
    pub fn abandon(&self) {
        let tasks = {
            let mut core = self.core.borrow_mut();
            core.ready.clear();
            core.waiting.clear();
            core.watched.clear();
            core.doubts.clear();
            core.timers.clear();
            core.pauses.clear();
            core.requested_pauses.clear();
            core.choices.clear();
            core.surprise = None;
            std::mem::take(&mut core.tasks)
        };
        // A future that is dropped may touch the runtime again.
        drop(tasks);
        self.core.borrow_mut().surprise = None;
    }
}
