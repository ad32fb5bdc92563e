//! The driver's limits: its own, replaced by those the device states.

use crate::command;
use crate::command::CommandError;
use crate::device_bus::Bus;
use crate::handle::Driver;
use crate::runtime::Object;
use prm::Cycles;
use prm::Opcode;
use prm::access_register::{
    AccessRegister, AccessRegisterIn, DefaultTimeouts, REGISTER_DATA_OFFSET, RegisterAccess, RegisterId,
};
use prm::command::Command as _;
use prm::init_segment::{COMMAND_TIMEOUT, QUEUE_INIT_TIMEOUT, Timeout};

/// Limits and intervals (`mlx5_tout_set_def_val`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        }
    }
}

/// Whether the device states limits of its own (`mlx5_tout_query_iseg`).
pub(crate) fn are_stated(bus: &mut Bus) -> bool {
    bus.read_register(crate::registers::offset(QUEUE_INIT_TIMEOUT)) != 0
}

/// Reads the command limit from the initialisation segment (`mlx5_tout_query_iseg`).
pub(crate) fn read_init_segment(limits: &mut Timeouts, bus: &mut Bus) {
    if are_stated(bus) {
        replace(
            &mut limits.command,
            bus.read_register(crate::registers::offset(COMMAND_TIMEOUT)),
        );
    }
}

/// Reads all other limits from the register of default time-outs, if there are any (`mlx5_tout_query_dtor`).
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn query_register(driver: &Driver) -> Result<(), CommandError> {
    let stated = driver
        .step(driver.reads(Object::Registers), |_, bus| are_stated(bus))
        .await;
    if !stated {
        return Ok(());
    }
    let head: AccessRegisterIn = AccessRegister::input()
        .with_op_mod(RegisterAccess::Read.raw())
        .with_register_id(RegisterId::DefaultTimeouts.raw());
    let mut input = head.as_bytes().to_vec();
    input.resize(REGISTER_DATA_OFFSET + DefaultTimeouts::SIZE, 0);
    let output = command::execute(driver, &input, input.len()).await?;
    let stated = output
        .get(REGISTER_DATA_OFFSET..)
        .and_then(|data| DefaultTimeouts::from_prefix(data).ok())
        .ok_or(CommandError::malformed(Opcode::AccessReg))?;
    driver.with(|state, _| {
        let limits = &mut state.timeouts;
        replace(&mut limits.health_poll, stated.health_poll_interval());
        replace(&mut limits.full_crdump, stated.full_crdump());
        replace(&mut limits.firmware_reset, stated.firmware_reset());
        replace(&mut limits.pcie_toggle, stated.pcie_toggle());
        replace(&mut limits.reclaim_pages, stated.reclaim_pages());
        replace(&mut limits.reclaim_vfs_pages, stated.reclaim_vfs_pages());
    });
    Ok(())
}

/// A stated limit replaces the driver's own unless it is 0 or not understood.
fn replace(limit: &mut Cycles, stated: u32) {
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
