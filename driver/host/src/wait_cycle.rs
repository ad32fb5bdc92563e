//! A closed chain of waits.

use prm::Cycles;
use serde::{Deserialize, Serialize};
use std::fmt;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitCycle {
    /// When it was seen.
    pub at: Cycles,
    /// The lock it goes through.
    pub lock: String,
    /// The chain, one link after another; the last one leads back to the first.
    pub links: Vec<String>,
}

impl WaitCycle {
    /// Whether this is the same cycle, seen at another time.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.lock == other.lock && self.links == other.links
    }
}

impl fmt::Display for WaitCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.links.join("; "))
    }
}
