//! A condition that does not hold, or an event that must not happen.

use crate::record::result::Violation;
use crate::scenario::InvariantName;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which invariant.
    pub invariant: InvariantName,
    /// Whom it concerns: a function, a counter, a command.
    pub subject: Option<String>,
    /// The driver's number.
    pub driver: Option<i64>,
    /// Firmware's number.
    pub firmware: Option<i64>,
    /// In words.
    pub detail: String,
}

impl Finding {
    pub(super) fn at(self, step: u32) -> Violation {
        Violation {
            invariant: self.invariant,
            step,
            subject: self.subject,
            driver: self.driver,
            firmware: self.firmware,
            detail: self.detail,
            expected: false,
        }
    }

    pub(super) fn identity(&self) -> (InvariantName, Option<String>) {
        (self.invariant, self.subject.clone())
    }
}
