//! What the executor keeps of its tasks: who is ready, who waits for what, and until when.

use crate::runtime::access::{Access, DriverId, Object, TaskId, Use};
use crate::runtime::announcement::{Announcement, Surprise};
use crate::runtime::history::{History, LookMark, Recall, Seen};
use crate::runtime::reach::{Declaration, Kind};
use crate::runtime::role::{TaskName, TaskPurpose};
use parts::CanonicalHasher;
use prm::Cycles;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::rc::Rc;

pub(in crate::runtime) type TaskFuture = Pin<Box<dyn Future<Output = ()>>>;

/// Why a waiting task goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

#[derive(Clone)]
pub(in crate::runtime) enum TaskState {
    Ready(Announcement),
    Waiting(Waiting),
}

/// Makes a task's future, again and again the same.
pub(in crate::runtime) type Factory = Rc<dyn Fn() -> TaskFuture>;

/// Everything about a task that can be copied: all but its future, which can be made again.
#[derive(Clone)]
pub(in crate::runtime) struct Record {
    pub(in crate::runtime) name: TaskName,
    pub(in crate::runtime) purpose: TaskPurpose,
    pub(in crate::runtime) declaration: Declaration,
    pub(in crate::runtime) factory: Factory,
    pub(in crate::runtime) state: TaskState,
    pub(in crate::runtime) woken: Option<Woken>,
    /// It was its turn at least once.
    pub(in crate::runtime) begun: bool,
    /// Everything it has seen, if that is remembered, and a hash of it.
    pub(in crate::runtime) history: History,
    pub(in crate::runtime) seen: CanonicalHasher,
    /// The last of its looks.
    pub(in crate::runtime) looks: LookMark,
}

pub(in crate::runtime) struct Task {
    pub(in crate::runtime) record: Rc<Record>,
    /// None while it is being polled, and where somebody went back to an earlier standing.
    pub(in crate::runtime) future: Option<TaskFuture>,
}

/// What somebody looks at who looks again after a while.
#[derive(Clone)]
pub(in crate::runtime) struct Polled {
    pub(in crate::runtime) looks: Announcement,
    /// Something of it has changed since he looked.
    pub(in crate::runtime) has_changed: bool,
}

pub(in crate::runtime) struct Core {
    pub(in crate::runtime) tasks: BTreeMap<TaskId, Task>,
    pub(in crate::runtime) ready: VecDeque<TaskId>,
    pub(in crate::runtime) waiting: BTreeMap<(DriverId, Object), VecDeque<TaskId>>,
    pub(in crate::runtime) timers: BTreeSet<(Cycles, TaskId)>,
    pub(in crate::runtime) running: Option<TaskId>,
    /// What the step that is under way has announced.
    pub(in crate::runtime) announced: Announcement,
    /// What those look at who look again after a while, and whether any of it has changed since.
    pub(in crate::runtime) polled: BTreeMap<TaskId, Polled>,
    /// Whether tasks remember what they see.
    pub(in crate::runtime) remembers: bool,
    /// What the running task is being told of its past: until that is over nothing that it does has an effect.
    pub(in crate::runtime) recall: Option<Recall>,
    /// Futures are being thrown away, and what they hold is not theirs any more.
    pub(in crate::runtime) discards: bool,
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
    /// Whether others may run at points that are none but for an explorer.
    pub(in crate::runtime) splits: bool,
    pub(in crate::runtime) pauses: BTreeSet<(DriverId, &'static str)>,
    pub(in crate::runtime) requested_pauses: BTreeSet<String>,
}

impl Task {
    /// What can be copied of it, to change.
    pub(in crate::runtime) fn record_mut(&mut self) -> &mut Record {
        Rc::make_mut(&mut self.record)
    }
}

impl Hash for Record {
    /// What a task can do next follows from what it is for, from what it has seen, and from what it has announced or waits for.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            name,
            purpose,
            declaration: _,
            factory: _,
            state: stands,
            woken,
            begun,
            history: _,
            seen,
            looks: _,
        } = self;
        (name, purpose, woken, begun).hash(state);
        seen.digest().hash(state);
        match stands {
            TaskState::Ready(announcement) => announcement.iter().for_each(|access| access.hash(state)),
            // Times are no part of it.
            TaskState::Waiting(waiting) => (waiting.driver, waiting.object).hash(state),
        }
    }
}

impl Record {
    /// It has seen a value.
    fn note_seen<T: Hash + Clone + 'static>(&mut self, seen: &T) {
        self.seen.write_u8(1);
        seen.hash(&mut self.seen);
        self.history
            .push(Seen::Value(Rc::new(seen.clone()) as Rc<dyn Any>));
    }

    /// A look at what it waits for begins.
    pub(in crate::runtime) fn begin_look(&mut self) -> LookMark {
        self.looks = self.looks.next();
        let before = Rc::new(self.seen.clone());
        self.history.push(Seen::Look(self.looks, before));
        self.looks
    }

    /// The look has shown nothing new.
    pub(in crate::runtime) fn look_again(&mut self, mark: LookMark) {
        if let Some(before) = self.history.look_again(mark) {
            self.seen = CanonicalHasher::clone(&before);
        }
    }

    /// It was its turn.
    fn note_turn(&mut self) {
        self.seen.write_u8(0);
        self.history.push(Seen::Turn);
    }
}

impl Core {
    /// What can be copied of the running task, to note what it sees; nothing where that is not remembered.
    pub(in crate::runtime) fn own_record(&mut self) -> Option<&mut Record> {
        let running = self.running.filter(|_| self.remembers)?;
        self.tasks.get_mut(&running).map(Task::record_mut)
    }

    /// The running task has seen something.
    pub(in crate::runtime) fn note_seen<T: Hash + Clone + 'static>(&mut self, seen: &T) {
        if let Some(record) = self.own_record() {
            record.note_seen(seen);
        }
    }

    /// It is the running task's turn again.
    pub(in crate::runtime) fn note_turn(&mut self) {
        if let Some(record) = self.own_record() {
            record.note_turn();
        }
    }

    /// A step begins: what it has announced is in force, if it was declared.
    pub(in crate::runtime) fn announce(&mut self, mut announcement: Announcement) {
        if let Some(kind) = self.unheard {
            announcement.forget(kind);
        }
        if self.surprise.is_none()
            && let Some(task) = self.running.and_then(|id| self.tasks.get(&id))
        {
            let missing = |access: &&Access| {
                !task.record.declaration.allows(access) || self.undeclared == Some(access.object.kind())
            };
            self.surprise = announcement
                .iter()
                .find(missing)
                .map(|access| Surprise::Undeclared {
                    task: task.record.name.to_string(),
                    announced: access.to_string(),
                    role: task.record.purpose.role.to_string(),
                });
        }
        self.announced = announcement;
    }

    /// Something was used: if it was changed, tasks may go on that look at it.
    pub(in crate::runtime) fn doubt(&mut self, used: Access) {
        if used.usage == Use::Read {
            return;
        }
        for polled in self.polled.values_mut() {
            polled.has_changed |= polled.looks.iter().any(|look| look.conflicts_with(&used));
        }
        for (&waiter, looks) in &self.watched {
            if looks.iter().any(|look| look.conflicts_with(&used)) {
                self.doubts.entry(waiter).or_insert(used);
            }
        }
    }

    /// The name of a task that has left doubts.
    pub(in crate::runtime) fn doubter(&self, id: TaskId) -> Option<TaskName> {
        let task = self.tasks.get(&id).filter(|_| !self.doubts.is_empty())?;
        Some(task.record.name)
    }

    /// The first name of this purpose that no living task has.
    pub(in crate::runtime) fn free_name(&self, purpose: TaskPurpose) -> TaskName {
        let mut name = TaskName::first(purpose);
        while self.tasks.values().any(|task| task.record.name == name) {
            name = name.next();
        }
        name
    }

    pub(in crate::runtime) fn make_ready(&mut self, id: TaskId, woken: Woken) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        let record = task.record_mut();
        if let TaskState::Waiting(Waiting {
            deadline: Some(at), ..
        }) = record.state
        {
            self.timers.remove(&(at, id));
        }
        record.state = TaskState::Ready(Announcement::default());
        record.woken = Some(woken);
        self.watched.remove(&id);
        self.polled.remove(&id);
        self.doubts.remove(&id);
        self.ready.push_back(id);
    }

    pub(in crate::runtime) fn stop_waiting(&mut self, id: TaskId) {
        let Some(TaskState::Waiting(waiting)) = self.tasks.get(&id).map(|task| &task.record.state) else {
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
