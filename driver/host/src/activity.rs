//! What the tasks of drivers did, and when: their lives and waits, the locks they held, the counters they changed.

use driver::runtime::Object;
use prm::{Cycles, Function};
use serde::{Deserialize, Serialize};

/// A time in which something lasted. What had not ended with the run has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its beginning.
    pub began: Cycles,
    /// Its end.
    pub ended: Option<Cycles>,
}

/// A task of a driver, from its start to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSpan {
    /// Its name, which no other task has that lives at the same time.
    pub name: String,
    /// When it lived.
    pub span: Span,
    /// What it waited for, one after another.
    pub waits: Vec<WaitSpan>,
}

/// A wait of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitSpan {
    /// On whose driver's object.
    pub endpoint: Function,
    /// On which.
    pub object: Object,
    /// How long.
    pub span: Span,
}

/// A lock in the hands of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockSpan {
    /// Whose driver's.
    pub endpoint: Function,
    /// Which.
    pub object: Object,
    /// The task's name.
    pub holder: String,
    /// How long.
    pub span: Span,
}

/// A counter of a driver that has changed, or is seen for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterSample {
    /// When.
    pub at: Cycles,
    /// Whose driver's.
    pub endpoint: Function,
    /// The counter.
    pub name: String,
    /// Its value, as the kernel prints it.
    pub value: u32,
}

/// See the module's head. All times are those of the device's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Up to when it is told.
    pub ended: Cycles,
    /// Tasks in the order of their starts.
    pub tasks: Vec<TaskSpan>,
    /// Locks in the order in which they were taken.
    pub locks: Vec<LockSpan>,
    /// Counters in the order of their changes.
    pub counters: Vec<CounterSample>,
}
