//! The wall clock as device cycles.

use prm::Cycles;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// A clock that counts from its making, in device cycles: 1 cycle is 1 ns.
///
/// This is the one place of the crate that looks at a clock. Drivers outside live in real time: their time-outs are
/// milliseconds, so the device's latencies must be too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Duration,
}

impl Clock {
    /// A clock that stands at 0 now.
    pub(crate) fn start() -> Self {
        Self { start: monotonic() }
    }

    /// The time since the start. It never goes back.
    pub(crate) fn now(self) -> Cycles {
        let passed = monotonic().saturating_sub(self.start).as_nanos();
        Cycles(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

fn monotonic() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}
