//! What the executor keeps of its tasks: who is ready, who waits for what, and until when.

use crate::runtime::access::{Access, DriverId, Object, TaskId};
use crate::runtime::role::TaskPurpose;
use crate::runtime::schedule::{Candidate, Choice, Scheduler};
use prm::Cycles;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;

pub(super) type TaskFuture = Pin<Box<dyn Future<Output = ()>>>;

/// Why a waiting task goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Somebody notified the object.
    Notified,
    /// The deadline passed.
    Expired,
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whose object.
    pub driver: DriverId,
    /// Which.
    pub object: Object,
    /// When the task gives up.
    pub deadline: Option<Cycles>,
}

pub(super) enum TaskState {
    Ready(Option<Access>),
    Waiting(Waiting),
}

pub(super) struct Task {
    pub(super) name: String,
    pub(super) purpose: TaskPurpose,
    pub(super) future: Option<TaskFuture>,
    pub(super) state: TaskState,
    pub(super) woken: Option<Woken>,
}

pub(super) struct Core {
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) ready: VecDeque<TaskId>,
    pub(super) waiting: BTreeMap<(DriverId, Object), VecDeque<TaskId>>,
    pub(super) timers: BTreeSet<(Cycles, TaskId)>,
    pub(super) running: Option<TaskId>,
    pub(super) next_task: u64,
    pub(super) scheduler: Box<dyn Scheduler>,
    pub(super) choices: Vec<Choice>,
    pub(super) pauses: BTreeSet<(DriverId, &'static str)>,
    pub(super) requested_pauses: BTreeSet<String>,
}

impl Task {
    pub(super) fn candidate(&self) -> Candidate {
        let access = match self.state {
            TaskState::Ready(access) => access,
            TaskState::Waiting(_) => None,
        };
        Candidate {
            name: self.name.clone(),
            access,
        }
    }
}

impl Core {
    /// `wanted`, or the first of `wanted (2)`, `wanted (3)` ... that no living task has.
    pub(super) fn free_name(&self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut ordinal = 1_usize;
        while self.tasks.values().any(|task| task.name == name) {
            ordinal += 1;
            name = format!("{wanted} ({ordinal})");
        }
        name
    }

    pub(super) fn make_ready(&mut self, id: TaskId, woken: Woken) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        if let TaskState::Waiting(Waiting {
            deadline: Some(at), ..
        }) = task.state
        {
            self.timers.remove(&(at, id));
        }
        task.state = TaskState::Ready(None);
        task.woken = Some(woken);
        self.ready.push_back(id);
    }

    pub(super) fn stop_waiting(&mut self, id: TaskId) {
        let Some(TaskState::Waiting(waiting)) = self.tasks.get(&id).map(|task| &task.state) else {
            return;
        };
        let key = (waiting.driver, waiting.object);
        if let Some(queue) = self.waiting.get_mut(&key) {
            queue.retain(|&other| other != id);
            if queue.is_empty() {
                self.waiting.remove(&key);
            }
        }
    }
}
