//! Something a step should have done and did not.

use crate::record::aspect::Deed;

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// With what.
    pub what: Deed,
    /// What should have been.
    pub expected: &'static str,
    /// What was.
    pub actual: String,
}

impl Problem {
    /// A step that did not do what it should have done.
    #[must_use]
    pub fn new(what: Deed, expected: &'static str, actual: impl Into<String>) -> Self {
        Self {
            what,
            expected,
            actual: actual.into(),
        }
    }
}
