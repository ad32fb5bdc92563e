//! The change between legacy and switchdev mode.

use super::lifecycle::{VfCount, disable_locked, enable_locked};
use crate::devlink;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::functions::is_allowed;
use prm::EswitchMode;

/// Changes the mode (`mlx5_devlink_eswitch_mode_set`). All vports are disabled in between, with VFs alive behind them.
///
/// # Errors
/// `ENODEV` without a bound driver, `EOPNOTSUPP` without the right to change the eswitch; as enabling it in the new mode.
pub(crate) async fn set_mode(driver: &Driver, mode: EswitchMode) -> Result<(), Errno> {
    devlink::with_bound(driver, async || set_mode_locked(driver, mode).await).await
}

async fn set_mode_locked(driver: &Driver, mode: EswitchMode) -> Result<(), Errno> {
    let (allowed, present, vfs) = driver
        .step(
            [driver.reads(Object::Eswitch), driver.reads(Object::Sriov)],
            |state, _| {
                let allowed = is_allowed(state) && state.capabilities.is_ethernet();
                (allowed, *state.eswitch.mode, state.sriov.num_vfs())
            },
        )
        .await;
    if !allowed {
        return Err(Errno::EOPNOTSUPP);
    }
    if present == mode {
        return Ok(());
    }
    disable_locked(driver).await;
    let become_mode = async |mode| {
        driver
            .step(driver.writes(Object::Eswitch), |state, _| {
                *state.eswitch.mode = mode
            })
            .await;
    };
    become_mode(mode).await;
    match mode {
        EswitchMode::Switchdev => {
            let result = enable_locked(driver, VfCount::Of(vfs)).await;
            if result.is_err() {
                // Legacy mode again, but nothing of it is enabled: VFs stay without a vport.
                become_mode(EswitchMode::Legacy).await;
            }
            result
        }
        EswitchMode::Legacy if vfs == 0 => Ok(()),
        EswitchMode::Legacy => enable_locked(driver, VfCount::Kept).await,
    }
}
