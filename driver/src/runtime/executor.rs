//! The executor: one task at a time, from one scheduling point to the next.
//!
//! Nothing here runs by itself. Whoever owns a [`Runtime`] calls [`Runtime::run_one`] until no task is ready, lets the
//! device work or time pass, tells the runtime what happened, and goes on. That owner is the same code in one
//! process, over a socket and in a guest.

pub(super) mod core;
mod doubts;
mod suspension;

pub use self::core::{Waiting, Woken};
pub use suspension::Point;
use suspension::{Wait, Watch};

use self::core::{Core, Record, Task, TaskFuture, TaskState};
use super::access::{Access, DriverId, Object, TaskId};
use super::announcement::{Announcement, Surprise};
use super::history::{History, LookMark, Recall};
use super::reach::{Declaration, Kind};
use super::role::{TaskName, TaskPurpose};
use super::stop::RunStop;
use parts::CanonicalHasher;
use prm::Cycles;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::hash::Hash;
use std::rc::Rc;
use std::task::{Context, Waker};

/// A task as reports show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskView {
    /// Its identity.
    pub id: TaskId,
    /// Its name, unique among the tasks that live.
    pub name: TaskName,
    /// Whose it is, and what for.
    pub purpose: TaskPurpose,
    /// What it waits for; `None` when it can run.
    pub waiting: Option<Waiting>,
}

/// Who takes a step and is no task: the device, the clock, the host's owner.
const OUTSIDE: &str = "somebody outside of all tasks";

/// Lets a future go on to where it stops next. Returns whether it has ended.
fn poll(future: &mut TaskFuture) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    future.as_mut().poll(&mut context).is_ready()
}

/// A handle to the executor. Cloning it clones the handle.
#[derive(Clone)]
pub struct Runtime {
    pub(super) core: Rc<RefCell<Core>>,
}

impl Default for Runtime {
    /// An executor without tasks.
    fn default() -> Self {
        Self {
            core: Rc::new(RefCell::new(Core {
                tasks: BTreeMap::new(),
                ready: VecDeque::new(),
                waiting: BTreeMap::new(),
                timers: BTreeSet::new(),
                running: None,
                announced: Announcement::default(),
                remembers: false,
                recall: None,
                discards: false,
                unheard: None,
                undeclared: None,
                watched: BTreeMap::new(),
                polled: BTreeMap::new(),
                doubts: BTreeMap::new(),
                asked: None,
                surprise: None,
                next_task: 0,
                splits: false,
                pauses: BTreeSet::new(),
                requested_pauses: BTreeSet::new(),
            })),
        }
    }
}

impl Runtime {
    /// Starts a task. It is ready at once. It is named by its purpose; where a living task has the name, it is `name (2)`, and so on.
    ///
    /// `future` makes what the task does. It is asked again where somebody goes back to an earlier standing of the task, and has to
    /// make the same each time.
    pub fn spawn<F: Future<Output = ()> + 'static>(
        &self,
        purpose: TaskPurpose,
        declaration: Declaration,
        future: impl Fn() -> F + 'static,
    ) -> TaskId {
        if let Some(task) = self.recalled() {
            return task;
        }
        let mut core = self.core.borrow_mut();
        let id = TaskId(core.next_task);
        core.next_task += 1;
        let record = Record {
            name: core.free_name(purpose),
            purpose,
            declaration,
            factory: Rc::new(move || Box::pin(future())),
            state: TaskState::Ready(Announcement::default()),
            woken: None,
            begun: false,
            history: History::default(),
            seen: CanonicalHasher::default(),
            looks: LookMark::default(),
        };
        let task = Task {
            record: Rc::new(record),
            future: None,
        };
        core.tasks.insert(id, task);
        core.ready.push_back(id);
        core.note_seen(&id);
        id
    }

    /// Runs the task that became ready first to its next scheduling point. Returns whether there was one to run.
    ///
    /// # Errors
    /// [`RunStop`] when a step has done what nobody had been told.
    pub fn run_one(&self) -> Result<bool, RunStop> {
        doubts::settle(&self.core, OUTSIDE, |id| self.make(id))?;
        let Some((id, future)) = self.pick() else {
            return Ok(false);
        };
        let mut future = match future {
            Some(future) => future,
            None => self.make(id)?,
        };
        let finished = poll(&mut future);
        // INVARIANT: a task that is not finished has announced its next step or its wait while it was polled.
        let mut core = self.core.borrow_mut();
        core.running = None;
        core.announced = Announcement::default();
        if let Some(surprise) = core.surprise.take() {
            return Err(surprise.into());
        }
        let writer = core.doubter(id);
        if finished {
            core.tasks.remove(&id);
            drop(core);
            // Dropping a future may touch the runtime again, so it happens outside the borrow.
            drop(future);
            self.notify(DriverId::default(), Object::Task(id));
        } else if let Some(task) = core.tasks.get_mut(&id) {
            task.future = Some(future);
            drop(core);
        }
        if let Some(writer) = writer {
            doubts::settle(&self.core, writer, |id| self.make(id))?;
        }
        Ok(true)
    }

    /// Makes the future of a task: a new one, or one that stands where the task does.
    fn make(&self, id: TaskId) -> Result<TaskFuture, RunStop> {
        let (factory, name, history) = {
            let mut core = self.core.borrow_mut();
            let task = core.tasks.get_mut(&id).expect("a task that is picked exists");
            let record = task.record_mut();
            let history = std::mem::replace(&mut record.begun, true).then(|| record.history.clone());
            (Rc::clone(&record.factory), record.name, history)
        };
        let mut future = factory();
        let Some(history) = history else {
            return Ok(future);
        };
        self.core.borrow_mut().recall = Some(Recall::of(&history));
        let finished = poll(&mut future);
        let recall = self.core.borrow_mut().recall.take();
        if finished || recall.is_none_or(|recall| recall.strays || !recall.is_over()) {
            return Err(RunStop::Strayed(name.to_string()));
        }
        Ok(future)
    }

    fn pick(&self) -> Option<(TaskId, Option<TaskFuture>)> {
        let mut core = self.core.borrow_mut();
        let id = core.ready.pop_front()?;
        let task = core.tasks.get_mut(&id).expect("a ready task exists");
        let future = task.future.take();
        core.running = Some(id);
        Some((id, future))
    }

    /// Ends all tasks where they stand: nothing of them has an effect any more. No task may be running.
    pub fn end_all(&self) {
        let tasks = {
            let mut core = self.core.borrow_mut();
            core.ready.clear();
            core.waiting.clear();
            core.timers.clear();
            core.watched.clear();
            core.polled.clear();
            core.doubts.clear();
            core.pauses.clear();
            core.requested_pauses.clear();
            core.discards = true;
            std::mem::take(&mut core.tasks)
        };
        // A future that is dropped may touch the runtime again.
        drop(tasks);
        self.core.borrow_mut().discards = false;
    }

    /// Makes every task ready that waits for this object.
    pub fn notify(&self, driver: DriverId, object: Object) {
        let mut core = self.core.borrow_mut();
        if core.recall.is_some() {
            return;
        }
        let Some(tasks) = core.waiting.remove(&(driver, object)) else {
            return;
        };
        for id in tasks {
            core.make_ready(id, Woken::Notified);
        }
    }

    /// Makes every task ready whose deadline is `now` or earlier.
    pub fn expire(&self, now: Cycles) {
        let mut core = self.core.borrow_mut();
        while let Some(&(at, id)) = core.timers.first() {
            if at > now {
                break;
            }
            core.stop_waiting(id);
            core.make_ready(id, Woken::Expired);
        }
    }

    /// The earliest deadline anybody waits for.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Cycles> {
        self.core.borrow().timers.first().map(|&(at, _)| at)
    }

    /// Whether this task has ended.
    #[must_use]
    pub fn has_ended(&self, task: TaskId) -> bool {
        self.see(|| !self.core.borrow().tasks.contains_key(&task))
    }

    /// The tasks that exist, oldest first.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskView> {
        let core = self.core.borrow();
        let view = |(&id, task): (&TaskId, &Task)| TaskView {
            id,
            name: task.record.name,
            purpose: task.record.purpose,
            waiting: match &task.record.state {
                TaskState::Ready(_) => None,
                TaskState::Waiting(waiting) => Some(*waiting),
            },
        };
        core.tasks.iter().map(view).collect()
    }

    /// Announces a step of somebody who is no task.
    pub fn announce_outside(&self, access: impl Into<Announcement>) {
        let mut core = self.core.borrow_mut();
        if core.running.is_none() {
            core.announce(access.into());
        }
    }

    /// From here on announcements of these objects are not heard. A test sees by that what would be missed.
    pub fn forget_announcements(&self, kind: Option<Kind>) {
        self.core.borrow_mut().unheard = kind;
    }

    /// From here on no task has declared these objects. A test sees by that what would be missed.
    pub fn forget_declarations(&self, kind: Option<Kind>) {
        self.core.borrow_mut().undeclared = kind;
    }

    /// Whether somebody explores.
    #[must_use]
    pub fn explores(&self) -> bool {
        self.core.borrow().splits
    }

    /// What the running task sees besides its steps, and by which it goes one way or another: the time, a list of somebody else's.
    pub fn see<T: Hash + Clone + 'static>(&self, look: impl FnOnce() -> T) -> T {
        if let Some(seen) = self.recalled() {
            return seen;
        }
        let seen = look();
        self.note_seen(&seen);
        seen
    }

    /// What the running task saw at this place, while it is told of its past.
    pub fn recalled<T: Clone + 'static>(&self) -> Option<T> {
        let mut core = self.core.borrow_mut();
        core.recall.as_mut().and_then(Recall::value)
    }

    /// Notes what the running task has seen in a step: that is all by which it differs from another one that stands where it does.
    pub fn note_seen<T: Hash + Clone + 'static>(&self, seen: &T) {
        self.core.borrow_mut().note_seen(seen);
    }

    /// Holds a use of an object against what the step that is under way has announced. What it had not announced stops the run
    /// when the step is over.
    pub fn note_use(&self, used: Access) {
        let mut core = self.core.borrow_mut();
        if core.recall.is_some() {
            return;
        }
        core.doubt(used);
        if core.surprise.is_some() || core.announced.covers(&used) {
            return;
        }
        let task = core.running.and_then(|id| core.tasks.get(&id));
        let task = task.map_or_else(|| OUTSIDE.to_owned(), |task| task.record.name.to_string());
        core.surprise = Some(Surprise::Unannounced {
            task,
            touched: used.to_string(),
            announced: core.announced.to_string(),
        });
    }

    /// The task that is being polled.
    #[must_use]
    pub fn current(&self) -> Option<TaskId> {
        self.core.borrow().running
    }

    /// A scheduling point: announces what the task touches next and lets others run before it.
    pub fn point(&self, access: impl Into<Announcement>) -> Point {
        Point {
            core: Rc::clone(&self.core),
            access: access.into(),
            announced: false,
        }
    }

    /// A scheduling point in the middle of what is one step where nobody explores: announces what comes next, and goes on at once.
    /// An explorer lets others run before it.
    pub fn follow(&self, access: impl Into<Announcement>) -> Point {
        let announced = !self.core.borrow().splits;
        Point {
            core: Rc::clone(&self.core),
            access: access.into(),
            announced,
        }
    }

    /// Waits until `object` is notified or the deadline passes: what every wait of a driver comes to (`handle/wait.rs`). The caller
    /// checks its condition before and after: nothing runs between its check and the wait.
    pub(crate) fn wait(&self, driver: DriverId, object: Object, deadline: Option<Cycles>) -> Wait {
        Wait {
            core: Rc::clone(&self.core),
            waiting: Waiting {
                driver,
                object,
                deadline,
            },
            registered: false,
        }
    }

    /// [`wait`](Self::wait) for what looks would show that touch `looks`. Whoever changes something of that and does not notify
    /// `object` before others run stops the run, if the waiting task could go on by then.
    pub(crate) fn watch<F: Fn() -> bool + Unpin>(
        &self,
        (driver, object): (DriverId, Object),
        deadline: Option<Cycles>,
        looks: Announcement,
        could_go_on: F,
    ) -> Watch<F> {
        Watch {
            wait: self.wait(driver, object, deadline),
            looks,
            could_go_on,
        }
    }

    /// Waits until the deadline has passed.
    pub async fn sleep_until(&self, driver: DriverId, deadline: Cycles) {
        while self.wait(driver, Object::Timer, Some(deadline)).await != Woken::Expired {}
    }

    /// [`sleep_until`](Self::sleep_until) for a time that ends by itself: a task that works, or that waits for nobody.
    pub async fn pause_until(&self, driver: DriverId, deadline: Cycles) {
        while self.wait(driver, Object::Pause, Some(deadline)).await != Woken::Expired {}
    }

    /// Whether a task is in such a pause.
    #[must_use]
    pub fn has_pause(&self) -> bool {
        let core = self.core.borrow();
        core.waiting.keys().any(|&(_, object)| object == Object::Pause)
    }

    /// Waits for another task's end.
    pub async fn join(&self, task: TaskId) {
        while !self.has_ended(task) {
            self.wait(DriverId::default(), Object::Task(task), None).await;
        }
    }
}
