//! What drivers and their host are made of, beside the machine: plain data, so that it can be told to a host elsewhere.

use crate::limits::Limits;
use driver::RevisionName;
use driver::runtime::{Choice, InOrder, Recorded, Scheduler, Seeded};
use prm::Function;
use serde::{Deserialize, Serialize};

/// Who runs next, where more than one task can.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Whoever became ready first.
    #[default]
    InOrder,
    /// Drawn from a seed.
    Seeded(u64),
    /// These choices again, then the order of readiness.
    Recorded(Vec<Choice>),
}

impl Schedule {
    /// The scheduler that follows it.
    #[must_use]
    pub fn scheduler(self) -> Box<dyn Scheduler> {
        match self {
            Self::InOrder => Box::new(InOrder),
            Self::Seeded(seed) => Box::new(Seeded::new(seed)),
            Self::Recorded(choices) => Box::new(Recorded::new(choices)),
        }
    }
}

/// What a world is made of, beside the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorldSetup {
    /// The functions of the device that a driver can bind to, the one under test first.
    pub functions: Vec<Function>,
    /// TotalVFs of the SR-IOV capability of the function under test.
    pub total_vfs: u16,
    /// Whether the function under test manages the eswitch: drivers of its scalable functions do less then.
    pub light_subfunctions: bool,
    /// Bytes of a host page. The machine is built with as many.
    pub page_bytes: u64,
    /// How drivers of this world do things.
    pub revision: RevisionName,
    /// Whether drivers are built with support of the embedded switch.
    pub eswitch_support: bool,
    /// Who runs next.
    pub schedule: Schedule,
    /// How far it may go.
    pub limits: Limits,
    /// Whether what the drivers' tasks do is kept, and when.
    pub keep_activity: bool,
}

impl WorldSetup {
    /// The function under test.
    #[must_use]
    pub fn endpoint(&self) -> Function {
        self.functions.first().copied().unwrap_or(Function::Pf)
    }
}
