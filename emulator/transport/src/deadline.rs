//! A bound on how long a client is waited for.

use rustix::time::{ClockId, Timespec, clock_gettime};
use std::time::Duration;

/// A point on the monotonic clock.
///
/// This is the one place that looks at a clock: what a client owes cannot be bounded in device cycles, which do not
/// pass while the device waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Duration);

impl Deadline {
    /// That long from now.
    #[must_use]
    pub fn after(patience: Duration) -> Self {
        Self(now().saturating_add(patience))
    }

    /// How long is left, unless it has passed. As `poll` takes it.
    #[must_use]
    pub fn left(self) -> Option<Timespec> {
        let left = Some(self.remaining()).filter(|left| !left.is_zero())?;
        Timespec::try_from(left).ok()
    }

    /// How long is left; nothing once it has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_sub(now())
    }
}

/// The monotonic clock.
pub fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::try_from(now).unwrap_or_default()
}
