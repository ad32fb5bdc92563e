//! The function goes down for the reset, waits for it and comes up again.

use crate::device_bus::Bus;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Look, Patience};
use crate::health;
use crate::load;
use crate::message::MessageKind;
use crate::pauses::{HOT_RESET, SYNC_RESET_LOOK};
use crate::registers;
use crate::runtime::Object;
use crate::state::State;
use prm::init_segment::{RESET_IDLE, RESET_WANTS_TOGGLE};

/// Firmware wants the function down (`mlx5_sync_reset_unload_event`).
pub(super) async fn go_down(driver: &Driver) {
    if !health::clear_reset(driver, false).await {
        return;
    }
    driver
        .then(driver.writes(Object::Health), |state, _| {
            state.health.reset.unloads = true;
        })
        .await;
    driver.message(MessageKind::SyncResetForcesDown);
    match load::haste::fast(driver).await {
        Ok(()) => health::force_error_state(driver).await,
        Err(errno) => driver.message(MessageKind::SyncResetUnloadsGracefully { errno }),
    }
    complete(driver).await;
}

/// The device has been reset (`mlx5_sync_reset_reload_work`).
pub(super) async fn after_reset(driver: &Driver) {
    health::clear_reset(driver, false).await;
    health::force_error_state(driver).await;
    complete(driver).await;
}

/// Whoever has started the reset goes on with it; where nobody has here, the driver does (`mlx5_fw_reset_complete_reload`).
async fn complete(driver: &Driver) {
    let is_own = driver
        .step(driver.writes(Object::Health), |state, _| {
            let reset = &mut state.health.reset;
            if reset.is_own {
                reset.completions += 1;
            }
            reset.is_own
        })
        .await;
    driver.notify(Object::Health);
    if !is_own {
        driver
            .holding(Object::DevlinkLock, async || unload_for_reset(driver).await)
            .await;
        match health::wait_readable(driver).await {
            Ok(()) => {
                let _told = load::load_again(driver, load::Occasion::Recovery).await;
            }
            Err(_) => driver.message(MessageKind::ResetReloadAborted),
        }
    }
    driver
        .then(driver.writes(Object::Health), |state, _| {
            state.health.reset.in_progress = false;
        })
        .await;
}

/// Unloads, tells firmware so and waits for the reset (`mlx5_sync_reset_unload_flow`). The caller holds the devlink lock.
pub(super) async fn unload_for_reset(driver: &Driver) {
    load::unload_one(driver).await;
    let unloads = driver
        .step(driver.reads(Object::Health), |state, _| {
            state.health.reset.unloads
        })
        .await;
    if !unloads {
        return;
    }
    driver
        .step(driver.writes(Object::Registers), |_, bus| {
            registers::acknowledge_reset(bus);
        })
        .await;
    driver.message(MessageKind::SyncResetUnloaded);
    let failure = match wait_for_action(driver).await {
        Ok(RESET_WANTS_TOGGLE) => reset_on_bus(driver).await.err(),
        Ok(_) => None,
        Err(()) => Some(Errno::ETIMEDOUT),
    };
    driver
        .step(driver.writes(Object::Health), |state, _| {
            let reset = &mut state.health.reset;
            reset.failure = failure.or(reset.failure);
            reset.unloads = false;
        })
        .await;
}

/// Waits until firmware has been reset or wants the function to be; returns which.
async fn wait_for_action(driver: &Driver) -> Result<u8, ()> {
    let limit = driver.settled(|state| state.timeouts.reset_unload);
    let mut patience = Patience::begin(driver, limit, LastLook::AtLimit);
    let look = |_: Option<&u8>, _: &State, bus: &mut Bus| match registers::initializing(bus).reset_state() {
        state @ (RESET_IDLE | RESET_WANTS_TOGGLE) => Look::Reached(state),
        state => Look::NotYet(state),
    };
    let registers = driver.reads(Object::Registers);
    let action = driver
        .wait_until(registers, SYNC_RESET_LOOK, &mut patience, look)
        .await;
    match action {
        Ok(state) => {
            driver.message(MessageKind::SyncResetAction { state });
            Ok(state)
        }
        Err(state) => {
            driver.message(MessageKind::SyncResetNoAction { state });
            Err(())
        }
    }
}

/// The bridge above the function resets what is below it (`mlx5_pci_reset_bus`).
async fn reset_on_bus(driver: &Driver) -> Result<(), Errno> {
    driver
        .step(driver.writes(Object::Registers), |_, bus| bus.reset_function())
        .await?;
    driver.pause(HOT_RESET).await;
    Ok(())
}
