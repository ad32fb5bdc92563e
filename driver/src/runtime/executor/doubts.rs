//! Whether somebody brought about what a task waits for and did not tell.
//!
//! Who waits has said what his look touches. When something of that was written and no notice has come by the time others may run,
//! he is asked, by his own look: an answer that is only his to give, so that nobody is suspected in vain.

use super::core::{Core, TaskState, Waiting};
use crate::runtime::access::TaskId;
use crate::runtime::announcement::Surprise;
use std::cell::RefCell;
use std::task::{Context, Waker};

/// Somebody's steps are over, for now: whoever could go on by them must have been told.
///
/// # Errors
/// [`Surprise::Unnotified`] when somebody was not.
pub(super) fn settle(core: &RefCell<Core>, writer: &str) -> Result<(), Surprise> {
    let doubts = std::mem::take(&mut core.borrow_mut().doubts);
    for (waiter, written) in doubts {
        let Some(told) = could_go_on(core, waiter) else {
            continue;
        };
        let core = core.borrow();
        let waiter = core.tasks.get(&waiter).map(|task| task.name.clone());
        return Err(Surprise::Unnotified {
            task: writer.to_owned(),
            written: written.to_string(),
            waiter: waiter.unwrap_or_default(),
            told: format!("{:?} of driver {}", told.object, told.driver.0),
        });
    }
    Ok(())
}

/// Asks a task that waits whether it could go on; then what it waits for.
fn could_go_on(core: &RefCell<Core>, waiter: TaskId) -> Option<Waiting> {
    let (mut future, waiting) = {
        let mut core = core.borrow_mut();
        let task = core.tasks.get_mut(&waiter)?;
        let TaskState::Waiting(waiting) = task.state else {
            return None;
        };
        let future = task.future.take()?;
        core.asked = Some(false);
        (future, waiting)
    };
    // INVARIANT: only who has said what he looks at is doubted, and his wait answers and stays as it is.
    let _pending = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let mut core = core.borrow_mut();
    if let Some(task) = core.tasks.get_mut(&waiter) {
        task.future = Some(future);
    }
    core.asked.take()?.then_some(waiting)
}
