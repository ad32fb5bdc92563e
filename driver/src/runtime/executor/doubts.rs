//! Whether somebody brought about what a task waits for and did not tell.
//!
//! Who waits has said what his look touches. When something of that was written and no notice has come by the time others may run,
//! he is asked, by his own look: an answer that is only his to give, so that nobody is suspected in vain.

use super::core::{Core, TaskFuture, TaskState, Waiting};
use crate::runtime::access::TaskId;
use crate::runtime::announcement::Surprise;
use crate::runtime::stop::RunStop;
use std::cell::RefCell;
use std::fmt::Display;
use std::task::{Context, Waker};

/// Makes the future of a task that stands where it does.
pub(super) trait Make: Fn(TaskId) -> Result<TaskFuture, RunStop> {}

impl<F: Fn(TaskId) -> Result<TaskFuture, RunStop>> Make for F {}

/// Somebody's steps are over, for now: whoever could go on by them must have been told.
///
/// # Errors
/// [`Surprise::Unnotified`] when somebody was not.
pub(super) fn settle(core: &RefCell<Core>, writer: impl Display, make: impl Make) -> Result<(), RunStop> {
    let doubts = std::mem::take(&mut core.borrow_mut().doubts);
    for (waiter, written) in doubts {
        let Some(told) = could_go_on(core, waiter, &make)? else {
            continue;
        };
        let core = core.borrow();
        let waiter = core.tasks.get(&waiter).map(|task| task.record.name.to_string());
        return Err(Surprise::Unnotified {
            task: writer.to_string(),
            written: written.to_string(),
            waiter: waiter.unwrap_or_default(),
            told: format!("{:?} of driver {}", told.object, told.driver.0),
        }
        .into());
    }
    Ok(())
}

/// Asks a task that waits whether it could go on; then what it waits for.
fn could_go_on(core: &RefCell<Core>, waiter: TaskId, make: &impl Make) -> Result<Option<Waiting>, RunStop> {
    let (future, waiting) = {
        let mut core = core.borrow_mut();
        let Some(task) = core.tasks.get_mut(&waiter) else {
            return Ok(None);
        };
        let TaskState::Waiting(waiting) = task.record.state else {
            return Ok(None);
        };
        (task.future.take(), waiting)
    };
    let mut future = match future {
        Some(future) => future,
        None => make(waiter)?,
    };
    core.borrow_mut().asked = Some(false);
    // INVARIANT: only who has said what he looks at is doubted, and his wait answers and stays as it is.
    let _pending = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let mut core = core.borrow_mut();
    if let Some(task) = core.tasks.get_mut(&waiter) {
        task.future = Some(future);
    }
    Ok(core.asked.take().filter(|&could| could).map(|_| waiting))
}
