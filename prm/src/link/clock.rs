//! Time.

use crate::identity::Cycles;

/// What tells the time to a driver.
pub trait Clock {
    /// The present time. It never goes back.
    fn now(&self) -> Cycles;
}
