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
        if this.announced {
            core.announce(std::mem::take(&mut this.access));
            return Poll::Ready(());
        }
        this.announced = true;
        let access = this.access.clone();
        let id = core.running.expect("only tasks of the runtime poll its points");
        if let Some(task) = core.tasks.get_mut(&id) {
            task.state = TaskState::Ready(access);
        }
        core.ready.push_back(id);
        Poll::Pending
    }
}

/// See [`Runtime::wait`](super::Runtime::wait).
#[must_use = "a wait does nothing unless awaited"]
pub struct Wait {
    pub(super) core: Rc<RefCell<Core>>,
    pub(super) waiting: Waiting,
    pub(super) registered: bool,
}

impl Future for Wait {
    type Output = Woken;

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Woken> {
        let waiting = self.waiting;
        let registered = std::mem::replace(&mut self.registered, true);
        let mut core = self.core.borrow_mut();
        let id = core.running.expect("only tasks of the runtime poll its waits");
        if registered {
            let woken = core.tasks.get_mut(&id).and_then(|task| task.woken.take());
            return Poll::Ready(woken.unwrap_or(Woken::Notified));
        }
        if let Some(task) = core.tasks.get_mut(&id) {
            task.state = TaskState::Waiting(waiting);
        }
        core.waiting
            .entry((waiting.driver, waiting.object))
            .or_default()
            .push_back(id);
        if let Some(deadline) = waiting.deadline {
            core.timers.insert((deadline, id));
        }
        Poll::Pending
    }
}
