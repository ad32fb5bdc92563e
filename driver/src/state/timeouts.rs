//! The driver's limits: its own, until the device states others.

use crate::device_bus::Bus;
use crate::registers;
use prm::Cycles;
use prm::init_segment::{COMMAND_TIMEOUT, QUEUE_INIT_TIMEOUT, Timeout};

/// Limits and intervals (`mlx5_tout_set_def_val`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timeouts {
    /// One command.
    pub command: Cycles,
    /// The device's start, before the command interface is enabled, at probe.
    pub pre_init: Cycles,
    /// The same after an error.
    pub pre_init_on_recovery: Cycles,
    /// The device's start, after the command interface is enabled.
    pub init: Cycles,
    /// From one look at the device's health to the next.
    pub health_poll: Cycles,
    /// Startup reclaim without progress.
    pub reclaim_pages: Cycles,
    /// A wait for other functions' pages without progress.
    pub reclaim_vfs_pages: Cycles,
    /// A full crash dump.
    pub full_crdump: Cycles,
    /// A firmware reset.
    pub firmware_reset: Cycles,
    /// A function's interface goes off after a fatal error.
    pub pcie_toggle: Cycles,
    /// A reset of firmware that the driver has agreed to begins.
    pub pci_sync_update: Cycles,
    /// Firmware is reset once the driver has unloaded.
    pub reset_unload: Cycles,
    /// A function's interface goes off because the driver says so.
    pub tear_down: Cycles,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            command: Cycles::from_secs(60),
            pre_init: Cycles::from_secs(120),
            pre_init_on_recovery: Cycles::from_secs(7200),
            init: Cycles::from_secs(2),
            health_poll: Cycles::from_secs(2),
            reclaim_pages: Cycles::from_secs(5),
            reclaim_vfs_pages: Cycles::from_secs(120),
            full_crdump: Cycles::from_secs(60),
            firmware_reset: Cycles::from_secs(60),
            pcie_toggle: Cycles::from_secs(2),
            pci_sync_update: Cycles::from_secs(5),
            reset_unload: Cycles::from_secs(300),
            tear_down: Cycles::from_secs(3),
        }
    }
}

/// Whether the device states limits of its own (`mlx5_tout_query_iseg`).
pub(crate) fn are_stated(bus: &mut Bus) -> bool {
    bus.read_register(registers::offset(QUEUE_INIT_TIMEOUT)) != 0
}

/// Reads the command limit from the initialisation segment (`mlx5_tout_query_iseg`).
pub(crate) fn read_init_segment(limits: &mut Timeouts, bus: &mut Bus) {
    if are_stated(bus) {
        replace(
            &mut limits.command,
            bus.read_register(registers::offset(COMMAND_TIMEOUT)),
        );
    }
}

/// A stated limit replaces the driver's own unless it is 0 or not understood.
pub(crate) fn replace(limit: &mut Cycles, stated: u32) {
    if stated != 0
        && let Some(stated) = Timeout::from_word(stated).to_cycles()
    {
        *limit = stated;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_unknown_units_leave_the_limit() {
        let mut limit = Cycles::from_secs(60);
        replace(&mut limit, 0);
        replace(&mut limit, 7 << 29 | 5);
        assert_eq!(limit, Cycles::from_secs(60));
        replace(&mut limit, 2000);
        assert_eq!(limit, Cycles::from_secs(2));
        replace(&mut limit, 1 << 29 | 3);
        assert_eq!(limit, Cycles::from_secs(3));
    }
}
