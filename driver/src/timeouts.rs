//! The driver's limits: its own, replaced by those the device states.

use crate::handle::Driver;
use crate::register_access;
use crate::runtime::Object;
use crate::state::command::CommandError;
use crate::state::timeouts::{are_stated, replace};
use prm::access_register::{DefaultTimeouts, RegisterId};

/// Reads all other limits from the register of default time-outs, if there are any (`mlx5_tout_query_dtor`).
///
/// # Errors
/// As [`register_access::read`].
pub(crate) async fn query_register(driver: &Driver) -> Result<(), CommandError> {
    let stated = driver
        .step(driver.reads(Object::Registers), |_, bus| are_stated(bus))
        .await;
    if !stated {
        return Ok(());
    }
    let asked = DefaultTimeouts::new();
    let stated = register_access::read(driver, RegisterId::DefaultTimeouts, &asked).await?;
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
