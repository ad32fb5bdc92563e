//! What drivers and their host are made of, beside the machine: plain data, so that it can be told to a host elsewhere.

use crate::limits::Limits;
use crate::policy::Schedule;
use driver::RevisionName;
use prm::Function;
use serde::{Deserialize, Serialize};

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
