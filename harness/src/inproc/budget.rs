//! How far a run may go. A driver that never comes to rest is a result, not a hang.

use prm::Cycles;
use thiserror::Error;

/// The bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps of tasks and actions of the device in the whole run.
    pub events: u64,
    /// Virtual time of one scenario step.
    pub time_per_step: Cycles,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 20_000_000, time_per_step: Cycles::from_secs(24 * 3600) }
    }
}

/// A run went further than it may.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Exhausted {
    /// Too many events.
    #[error("no end after {0} events")]
    Events(u64),
    /// Too much time.
    #[error("no end after {} virtual seconds in one step", .0.as_millis() / 1000)]
    Time(Cycles),
}

/// What is left of the bounds.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    limits: Limits,
    events: u64,
    step_began: Cycles,
}

impl Budget {
    /// Nothing spent yet.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, events: 0, step_began: Cycles::ZERO }
    }

    /// A scenario step begins.
    pub const fn begin_step(&mut self, now: Cycles) {
        self.step_began = now;
    }

    /// Counts one event.
    ///
    /// # Errors
    /// [`Exhausted::Events`] when it is one too many.
    pub const fn spend(&mut self) -> Result<(), Exhausted> {
        self.events += 1;
        if self.events > self.limits.events { Err(Exhausted::Events(self.limits.events)) } else { Ok(()) }
    }

    /// Asks whether the clock may move to `at`.
    ///
    /// # Errors
    /// [`Exhausted::Time`] when the step has lasted too long by then.
    pub fn allow(&self, at: Cycles) -> Result<(), Exhausted> {
        if at.saturating_sub(self.step_began) > self.limits.time_per_step {
            Err(Exhausted::Time(self.limits.time_per_step))
        } else {
            Ok(())
        }
    }

    /// Events so far.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }
}
