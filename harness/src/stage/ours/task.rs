//! What the stage of our driver knows of an operation.

use driver::runtime::TaskId;

/// What this stage knows of an operation.
#[derive(Clone, Copy, Debug)]
pub struct OwnTask {
    /// The place of its driver.
    pub(crate) place: usize,
    /// Its task.
    pub(crate) task: TaskId,
}
