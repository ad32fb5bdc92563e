//! What the executor keeps of its tasks: who is ready, who waits for what, and until when.

use crate::runtime::access::{Access, DriverId, Object, TaskId, Use};
use crate::runtime::announcement::{Announcement, Surprise};
use crate::runtime::reach::{Declaration, Kind};
use crate::runtime::role::TaskPurpose;
use crate::runtime::schedule::{Candidate, Choice, Scheduler};
use prm::Cycles;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;

pub(in crate::runtime) type TaskFuture = Pin<Box<dyn Future<Output = ()>>>;

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

pub(in crate::runtime) enum TaskState {
    Ready(Announcement),
    Waiting(Waiting),
}

pub(in crate::runtime) struct Task {
    pub(in crate::runtime) name: String,
    pub(in crate::runtime) purpose: TaskPurpose,
    pub(in crate::runtime) declaration: Declaration,
    pub(in crate::runtime) future: Option<TaskFuture>,
    pub(in crate::runtime) state: TaskState,
    pub(in crate::runtime) woken: Option<Woken>,
    /// A hash of everything it has seen, if that is remembered.
    pub(in crate::runtime) seen: u64,
}

pub(in crate::runtime) struct Core {
    pub(in crate::runtime) tasks: BTreeMap<TaskId, Task>,
    pub(in crate::runtime) ready: VecDeque<TaskId>,
    pub(in crate::runtime) waiting: BTreeMap<(DriverId, Object), VecDeque<TaskId>>,
    pub(in crate::runtime) timers: BTreeSet<(Cycles, TaskId)>,
    pub(in crate::runtime) running: Option<TaskId>,
    /// What the step that is under way has announced.
    pub(in crate::runtime) announced: Announcement,
    /// Whether tasks remember what they see.
    pub(in crate::runtime) remembers: bool,
    /// Kinds of objects whose announcements nobody hears, and whose declarations nobody has read: a test takes them away and sees
    /// what comes of it.
    pub(in crate::runtime) unheard: Option<Kind>,
    pub(in crate::runtime) undeclared: Option<Kind>,
    /// What the looks of waiting tasks touch.
    pub(in crate::runtime) watched: BTreeMap<TaskId, Announcement>,
    /// Waiting tasks whose look would see something that was written since, and what that is.
    pub(in crate::runtime) doubts: BTreeMap<TaskId, Access>,
    /// A waiting task is polled only to be asked whether it could go on, and that is the answer.
    pub(in crate::runtime) asked: Option<bool>,
    /// The first step that touched something else.
    pub(in crate::runtime) surprise: Option<Surprise>,
    pub(in crate::runtime) next_task: u64,
    pub(in crate::runtime) scheduler: Box<dyn Scheduler>,
    pub(in crate::runtime) choices: Vec<Choice>,
    pub(in crate::runtime) pauses: BTreeSet<(DriverId, &'static str)>,
    pub(in crate::runtime) requested_pauses: BTreeSet<String>,
}

impl Task {
    pub(in crate::runtime) fn note_seen(&mut self, seen: &impl Hash) {
        let mut hasher = DefaultHasher::new();
        self.seen.hash(&mut hasher);
        seen.hash(&mut hasher);
        self.seen = hasher.finish();
    }

    pub(in crate::runtime) fn candidate(&self) -> Candidate {
        let access = match &self.state {
            TaskState::Ready(access) => access.clone(),
            TaskState::Waiting(_) => Announcement::default(),
        };
        Candidate {
            name: self.name.clone(),
            access,
        }
    }
}

impl Core {
    /// A step begins: what it has announced is in force, if it was declared.
    pub(in crate::runtime) fn announce(&mut self, mut announcement: Announcement) {
        if let Some(kind) = self.unheard {
            announcement.forget(kind);
        }
        if self.surprise.is_none()
            && let Some(task) = self.running.and_then(|id| self.tasks.get(&id))
        {
            let missing = |access: &&Access| {
                !task.declaration.allows(access) || self.undeclared == Some(access.object.kind())
            };
            self.surprise = announcement
                .iter()
                .find(missing)
                .map(|access| Surprise::Undeclared {
                    task: task.name.clone(),
                    announced: access.to_string(),
                    role: task.purpose.role.to_string(),
                });
        }
        self.announced = announcement;
    }

    /// Something was used: if it was changed, tasks may go on that look at it.
    pub(in crate::runtime) fn doubt(&mut self, used: Access) {
        if used.usage == Use::Read || self.watched.is_empty() {
            return;
        }
        for (&waiter, looks) in &self.watched {
            if looks.iter().any(|look| look.conflicts_with(&used)) {
                self.doubts.entry(waiter).or_insert(used);
            }
        }
    }

    /// The name of a task that has left doubts.
    pub(in crate::runtime) fn doubter(&self, id: TaskId) -> Option<String> {
        let task = self.tasks.get(&id).filter(|_| !self.doubts.is_empty())?;
        Some(task.name.clone())
    }

    /// `wanted`, or the first of `wanted (2)`, `wanted (3)` ... that no living task has.
    pub(in crate::runtime) fn free_name(&self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut ordinal = 1_usize;
        while self.tasks.values().any(|task| task.name == name) {
            ordinal += 1;
            name = format!("{wanted} ({ordinal})");
        }
        name
    }

    pub(in crate::runtime) fn make_ready(&mut self, id: TaskId, woken: Woken) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        if let TaskState::Waiting(Waiting {
            deadline: Some(at), ..
        }) = task.state
        {
            self.timers.remove(&(at, id));
        }
        task.state = TaskState::Ready(Announcement::default());
        task.woken = Some(woken);
        self.watched.remove(&id);
        self.doubts.remove(&id);
        self.ready.push_back(id);
    }

    pub(in crate::runtime) fn stop_waiting(&mut self, id: TaskId) {
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
