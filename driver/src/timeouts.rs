//! The driver's limits: its own, replaced by those the device states.

use crate::command;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::command::CommandError;
use crate::state::timeouts::{are_stated, replace};
use prm::Opcode;
use prm::access_register::{
    AccessRegister, AccessRegisterIn, DefaultTimeouts, REGISTER_DATA_OFFSET, RegisterAccess, RegisterId,
};
use prm::command::Command as _;

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
    driver
        .then(driver.writes(Object::LoadTime), |state, _| {
            let limits = &mut *state.timeouts;
            replace(&mut limits.health_poll, stated.health_poll_interval());
            replace(&mut limits.full_crdump, stated.full_crdump());
            replace(&mut limits.firmware_reset, stated.firmware_reset());
            replace(&mut limits.pcie_toggle, stated.pcie_toggle());
            replace(&mut limits.pci_sync_update, stated.pci_sync_update());
            replace(&mut limits.reset_unload, stated.reset_unload());
            replace(&mut limits.tear_down, stated.tear_down());
            replace(&mut limits.reclaim_pages, stated.reclaim_pages());
            replace(&mut limits.reclaim_vfs_pages, stated.reclaim_vfs_pages());
        })
        .await;
    Ok(())
}
