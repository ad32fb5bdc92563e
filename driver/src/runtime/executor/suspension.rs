//! How a task stops between two steps: scheduling points and waits.

use super::core::{Core, TaskState, Waiting, Woken};
use crate::runtime::announcement::Announcement;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// See [`Runtime::point`](super::Runtime::point).
#[must_use = "a scheduling point does nothing unless awaited"]
pub struct Point {
    pub(super) core: Rc<RefCell<Core>>,
    pub(super) access: Announcement,
    pub(super) announced: bool,
}

impl Future for Point {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut core = this.core.borrow_mut();
        if let Some(recall) = &mut core.recall {
            if !recall.is_over() {
                recall.turn();
                return Poll::Ready(());
            }
            // Here it stands, with what it has announced.
            this.announced = true;
            return Poll::Pending;
        }
        if this.announced {
            core.note_turn();
            core.announce(std::mem::take(&mut this.access));
            return Poll::Ready(());
        }
        this.announced = true;
        let access = this.access.clone();
        let id = core.running.expect("only tasks of the runtime poll its points");
        if let Some(task) = core.tasks.get_mut(&id) {
            task.record_mut().state = TaskState::Ready(access);
        }
        core.ready.push_back(id);
        Poll::Pending
    }
}

/// See [`Runtime::watch`](super::Runtime::watch).
#[must_use = "a wait does nothing unless awaited"]
pub(crate) struct Watch<F> {
    pub(super) wait: Wait,
    pub(super) looks: Announcement,
    pub(super) could_go_on: F,
}

impl<F: Fn() -> bool + Unpin> Future for Watch<F> {
    type Output = Woken;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Woken> {
        let this = &mut *self;
        let core = Rc::clone(&this.wait.core);
        if core.borrow().asked.is_some() {
            let answer = (this.could_go_on)();
            core.borrow_mut().asked = Some(answer);
            return Poll::Pending;
        }
        // Who is told of his past waits already where he stands.
        if !this.wait.registered && core.borrow().recall.is_none() {
            let mut core = core.borrow_mut();
            let id = core.running.expect("only tasks of the runtime poll its waits");
            core.watched.insert(id, std::mem::take(&mut this.looks));
        }
        Pin::new(&mut this.wait).poll(context)
    }
}

/// See [`Runtime::wait`](super::Runtime::wait).
#[must_use = "a wait does nothing unless awaited"]
pub(crate) struct Wait {
    pub(super) core: Rc<RefCell<Core>>,
    pub(super) waiting: Waiting,
    pub(super) registered: bool,
}

impl Future for Wait {
    type Output = Woken;

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Woken> {
        let waiting = self.waiting;
        let mut core = self.core.borrow_mut();
        let registered = self.registered;
        if registered {
            let id = core.running.expect("only tasks of the runtime poll its waits");
            let woken = core
                .tasks
                .get_mut(&id)
                .and_then(|task| task.record_mut().woken.take());
            let woken = woken.unwrap_or(Woken::Notified);
            core.note_seen(&woken);
            return Poll::Ready(woken);
        }
        if let Some(recall) = &mut core.recall {
            if !recall.is_over() {
                let woken = recall.value().unwrap_or(Woken::Notified);
                return Poll::Ready(woken);
            }
            drop(core);
            self.registered = true;
            return Poll::Pending;
        }
        let id = core.running.expect("only tasks of the runtime poll its waits");
        if let Some(task) = core.tasks.get_mut(&id) {
            task.record_mut().state = TaskState::Waiting(waiting);
        }
        core.waiting
            .entry((waiting.driver, waiting.object))
            .or_default()
            .push_back(id);
        if let Some(deadline) = waiting.deadline {
            core.timers.insert((deadline, id));
        }
        drop(core);
        self.registered = true;
        Poll::Pending
    }
}
