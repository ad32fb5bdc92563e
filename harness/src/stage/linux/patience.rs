//! How long a guest is waited for, on a wall clock.

use emulator::config::Timeouts;
use prm::Cycles;
use std::time::Duration;

/// How long the driver is watched after the last step.
pub(super) const LINGER: Cycles = Cycles::from_millis(250);

/// How long a kernel takes to die that writes where it must not. It allocates and maps host pages all the while.
pub(super) const DYING: Cycles = Cycles::from_millis(10_000);

/// How often a wait looks.
pub(super) const TURN: Duration = Duration::from_millis(20);

/// A pause is cut to this where nothing can come of it.
pub(super) const IDLE: Cycles = Cycles::from_millis(500);

/// How long a hold may wait for its command, beyond what the device's limits explain.
pub(super) const HOLD_LIMIT: Cycles = Cycles::from_millis(40_000);

/// How long an operation may take that ends in our driver, beyond what the device's limits explain.
pub(super) const OPERATION_LIMIT: Cycles = Cycles::from_millis(90_000);

/// The longest from a fatal error to the poll that sees it.
pub(super) const HEALTH_POLL: Cycles = Cycles::from_millis(3_000);

/// Longer than one look at the device's health.
pub(super) const LOOK: Cycles = Cycles::from_millis(200);

/// How long an operation is watched that does not end in our driver.
pub(super) const STUCK: Cycles = Cycles::from_millis(10_000);

/// The limits of a device that an operation may run into, one after the other.
pub(super) fn device_limits(timeouts: Timeouts) -> Cycles {
    let waits = 4 * u64::from(timeouts.reclaim_vfs_pages_ms);
    let commands = 9 * (u64::from(timeouts.command_ms) + 5_000);
    Cycles::from_millis(waits + commands)
}
