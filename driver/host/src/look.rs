//! What a host of drivers shows after a step: plain data, wherever the host is.

use crate::activity::Activity;
use crate::holdings::Stray;
use crate::policy::ScheduleMismatch;
use crate::wait_cycle::WaitCycle;
use driver::Message;
use driver::books::DriverBooks;
use driver::runtime::TaskId;
use prm::{Cycles, Function};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// See the module's head. What happened since the last look is shown once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostLook {
    /// The present time.
    pub now: Cycles,
    /// Every driver, in the order of their places, the one of the function under test first.
    pub drivers: Vec<DriverLook>,
    /// Stray memory accesses since the last look.
    pub strays: Vec<Stray>,
    /// Cycles of waits seen since the last look.
    pub cycles: Vec<WaitCycle>,
    /// Who holds which lock: the name of the task, nothing where that has ended. Locks of other functions' drivers have the
    /// function in front.
    pub locks: BTreeMap<String, String>,
    /// Operations that have ended since the last look.
    pub ended: Vec<EndedOperation>,
    /// Who waits for what, in words.
    pub waits: Vec<String>,
}

/// One driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverLook {
    /// The function it is bound to.
    pub endpoint: Function,
    /// Its books.
    pub books: DriverBooks,
    /// What it has printed since the last look.
    pub messages: Vec<Message>,
    /// How many of its page waits had ended before the last look.
    pub earlier_waits: usize,
}

/// A host operation that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedOperation {
    /// Its task.
    pub task: TaskId,
    /// When.
    pub at: Cycles,
    /// Its result: 0 or a negative errno.
    pub returned: i32,
}

/// What a host has kept of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostClosing {
    /// The time that the run took.
    pub took: Cycles,
    /// What was chosen, where there was a choice, by name.
    pub choices: Vec<String>,
    /// Where a recorded schedule was not followed to its end.
    pub unfollowed: Option<ScheduleMismatch>,
    /// What the drivers' tasks did, where that was to be kept.
    pub activity: Option<Activity>,
}
