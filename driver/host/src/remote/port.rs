//! The device's clock, and what the device tells of itself when it is asked for it.

use prm::link::{BusError, TimeAnswer, TimeOrder};

/// The way to a device's clock.
pub trait TimePort: 'static {
    /// Gives an order and waits for its answer.
    ///
    /// # Errors
    /// [`BusError`] when there is no answer. Whoever asks takes the device to be gone from then on.
    fn ask(&mut self, order: &TimeOrder) -> Result<TimeAnswer, BusError>;

    /// What has gone wrong with it first, in words for people.
    fn trouble(&self) -> Option<String> {
        None
    }
}
