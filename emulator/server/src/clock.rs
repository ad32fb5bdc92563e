//! The device's clock: the wall clock as device cycles, or one that stands until somebody moves it.

use crate::options::ClockKind;
use prm::Cycles;
use prm::saturated;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// A clock that counts from its making, in device cycles: 1 cycle is 1 ns.
///
/// This is the one place of the crate that looks at a clock. Drivers outside live in real time: their time-outs are
/// milliseconds, so the device's latencies must be too. A driver with a time of its own has the virtual clock, which looks at
/// nothing.
///
/// What happens in one go happens at one time: the clock is read when a wait is over, and again after what may have taken
/// long. In between [`Self::time`] stands still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// When it began on the wall clock; none where it is virtual.
    start: Option<Duration>,
    time: Cycles,
    readings: u64,
}

impl Clock {
    /// A clock that stands at 0 now.
    pub(crate) fn start(kind: ClockKind) -> Self {
        Self {
            start: match kind {
                ClockKind::Wall => Some(monotonic()),
                ClockKind::Virtual => None,
            },
            time: Cycles::ZERO,
            readings: 0,
        }
    }

    /// Whether it goes only by [`Self::move_to`].
    pub(crate) const fn is_virtual(&self) -> bool {
        self.start.is_none()
    }

    /// Reads the clock. It never goes back.
    pub(crate) fn read(&mut self) -> Cycles {
        self.readings += 1;
        self.time = self.now();
        self.time
    }

    /// What was read last, and with a virtual clock to where it was moved.
    pub(crate) const fn time(&self) -> Cycles {
        self.time
    }

    /// The time of this moment, for who only wants to know it.
    pub(crate) fn now(&self) -> Cycles {
        let Some(start) = self.start else {
            return self.time;
        };
        let passed = monotonic().saturating_sub(start).as_nanos();
        Cycles(saturated::<u64>(passed))
    }

    /// Moves a virtual clock, which never goes back; the wall clock goes by itself.
    pub(crate) fn move_to(&mut self, at: Cycles) {
        if self.is_virtual() {
            self.time = self.time.max(at);
        }
    }

    /// A virtual clock stands at 0 again, for another device; the wall clock goes on.
    pub(crate) fn begin_anew(&mut self) {
        if self.is_virtual() {
            self.time = Cycles::ZERO;
        }
    }

    /// How often [`Self::read`] was called.
    pub(crate) const fn readings(&self) -> u64 {
        self.readings
    }
}

fn monotonic() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_stands_until_it_is_moved_and_never_goes_back() {
        let mut clock = Clock::start(ClockKind::Virtual);
        assert_eq!((clock.read(), clock.now()), (Cycles::ZERO, Cycles::ZERO));
        clock.move_to(Cycles(50));
        clock.move_to(Cycles(20));
        assert_eq!(
            (clock.time(), clock.read(), clock.now()),
            (Cycles(50), Cycles(50), Cycles(50))
        );
        clock.begin_anew();
        assert_eq!(clock.now(), Cycles::ZERO);
    }

    #[test]
    fn the_wall_clock_goes_by_itself_and_by_nothing_else() {
        let mut clock = Clock::start(ClockKind::Wall);
        let before = clock.read();
        clock.move_to(Cycles::MAX);
        clock.begin_anew();
        let after = clock.read();
        assert!(after >= before && after < Cycles::MAX);
    }
}
