//! This host's administrator has new firmware started (`mlx5_devlink_reload_fw_activate`, `mlx5_devlink_reload_up`).

use super::register;
use super::unload::unload_for_reset;
use crate::device_bus::Bus;
use crate::devlink;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Look, Patience};
use crate::health;
use crate::load;
use crate::message::MessageKind;
use crate::registers;
use crate::runtime::Object;
use crate::state::State;
use prm::access_register::RESET_LEVEL_3;

/// `devlink dev reload action fw_activate`.
///
/// # Errors
/// `ENODEV` without a bound driver, `EBUSY` while a reset is under way, `EOPNOTSUPP` on a function or device that cannot,
/// `EINVAL` where only a reboot does it, `EPERM` when a driver refuses, `ETIMEDOUT`; as loading.
pub(crate) async fn activate(driver: &Driver) -> Result<(), Errno> {
    devlink::with_bound(driver, async || activate_locked(driver).await).await
}

async fn activate_locked(driver: &Driver) -> Result<(), Errno> {
    let (in_progress, offered) = driver
        .step(driver.reads(Object::Health), |state, _| {
            let reset = &state.health.reset;
            (
                reset.is_offered && reset.in_progress,
                reset.is_offered && !state.interface.light,
            )
        })
        .await;
    if in_progress {
        return Err(Errno::EBUSY);
    }
    if !offered {
        return Err(Errno::EOPNOTSUPP);
    }
    let levels = register::read(driver).await.map_err(|error| error.errno())?;
    if levels.reset_level() & RESET_LEVEL_3 == 0 {
        return Err(Errno::EINVAL);
    }
    set_own(driver, true).await;
    if let Err(errno) = register::start(driver).await {
        set_own(driver, false).await;
        return Err(errno);
    }
    let reset = wait_until_down(driver).await;
    set_own(driver, false).await;
    reset?;
    unload_for_reset(driver).await;
    health::wait_readable(driver).await?;
    load::load_one(driver, load::Occasion::Recovery).await?;
    verify(driver).await
}

async fn set_own(driver: &Driver, is_own: bool) {
    driver
        .step(driver.writes(Object::Health), |state, _| {
            state.health.reset.is_own = is_own;
        })
        .await;
}

/// Waits until the function is down, or the reset has failed (`mlx5_fw_reset_wait_reset_done`).
async fn wait_until_down(driver: &Driver) -> Result<(), Errno> {
    let limit = driver.settled(|state| {
        let unloads = state
            .capabilities
            .general()
            .pci_sync_for_fw_update_with_driver_unload();
        let limit = state.timeouts.pci_sync_update;
        if unloads {
            limit.saturating_add(state.timeouts.reset_unload)
        } else {
            limit
        }
    });
    let mut patience = Patience::begin(driver, limit, LastLook::Earlier);
    let look = |_: Option<&()>, state: &State, _: &mut Bus| match state.health.reset.completions {
        0 => Look::NotYet(()),
        _ => Look::Reached(()),
    };
    let health = driver.reads(Object::Health);
    driver.runtime().follow(health).await;
    let done = driver.wait_for(health, Object::Health, &mut patience, look).await;
    if done.is_err() {
        driver.message(MessageKind::SyncResetWaitTimedOut {
            seconds: limit.as_millis() / 1000,
        });
        return Err(Errno::ETIMEDOUT);
    }
    let failure = driver
        .step(driver.writes(Object::Health), |state, _| {
            state.health.reset.completions -= 1;
            state.health.reset.failure
        })
        .await;
    failure.map_or(Ok(()), Err)
}

/// Whether firmware says that all has been done (`mlx5_fw_reset_verify_fw_complete`).
async fn verify(driver: &Driver) -> Result<(), Errno> {
    register::state_error(driver).await?;
    let state = driver
        .step(driver.reads(Object::Registers), |_, bus| {
            registers::initializing(bus).reset_state()
        })
        .await;
    if state != 0 {
        driver.message(MessageKind::SyncResetIncomplete { state });
        return Err(Errno::EIO);
    }
    Ok(())
}
