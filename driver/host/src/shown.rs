//! What of a world has been shown already.

use driver::runtime::TaskId;

/// What has been shown already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// Per driver: messages and page waits.
    pub(crate) drivers: Vec<(usize, usize)>,
    /// Operations that have not been shown to have ended, with the places of their drivers.
    pub(crate) running: Vec<(usize, TaskId)>,
}

impl Shown {
    /// An operation was started.
    pub(crate) fn note_start(&mut self, place: usize, task: TaskId) {
        self.running.push((place, task));
    }
}
