//! The wall clock as device cycles.

use prm::Cycles;
use prm::saturated;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// A clock that counts from its making, in device cycles: 1 cycle is 1 ns.
///
/// This is the one place of the crate that looks at a clock. Drivers outside live in real time: their time-outs are
/// milliseconds, so the device's latencies must be too.
///
/// What happens in one go happens at one time: the clock is read when a wait is over, and again after what may have taken
/// long. In between [`Self::time`] stands still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Duration,
    time: Cycles,
    readings: u64,
}

impl Clock {
    /// A clock that stands at 0 now.
    pub(crate) fn start() -> Self {
        Self {
            start: monotonic(),
            time: Cycles(0),
            readings: 0,
        }
    }

    /// Reads the clock. It never goes back.
    pub(crate) fn read(&mut self) -> Cycles {
        self.readings += 1;
        self.time = self.now();
        self.time
    }

    /// What was read last.
    pub(crate) const fn time(&self) -> Cycles {
        self.time
    }

    /// The time of this moment, for who only wants to know it.
    pub(crate) fn now(&self) -> Cycles {
        let passed = monotonic().saturating_sub(self.start).as_nanos();
        Cycles(saturated::<u64>(passed))
    }

    /// How often [`Self::read`] was called.
    pub(crate) const fn readings(&self) -> u64 {
        self.readings
    }
}

fn monotonic() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}
