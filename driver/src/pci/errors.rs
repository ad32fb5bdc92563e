//! An error that the port above a function reports, and how the host recovers from it (`pcie_do_recovery`).
//!
//! Everything below the port is told of it. If all drivers can, what is below the port is reset, each driver is told of that, and then
//! that it may begin anew. If one function has no driver that could be told, or one driver does not get its function back, all of them
//! are told that theirs is lost.

use crate::device_bus::Bus;
use crate::handle::{Driver, LastLook, Look, Patience};
use crate::health;
use crate::load;
use crate::operation::PciError;
use crate::pages;
use crate::pauses;
use crate::registers;
use crate::runtime::Object;
use crate::state::State;
use crate::state::interface::PciChannel;

/// What has come of a part of the recovery so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Goes on.
    Good,
    /// The functions are lost.
    Lost,
}

/// The functions below the port, in the order in which the host goes through them: the function under test, then its VFs. None has no
/// driver of its own.
async fn below(driver: &Driver) -> Vec<Option<Driver>> {
    let is_there = driver
        .step(driver.reads(Object::Interface), |state, _| {
            !*state.interface.removed
        })
        .await;
    if !is_there {
        return Vec::new();
    }
    let mut functions = vec![Some(driver.clone())];
    functions.extend(driver.vfs_on_bus().await);
    functions
}

/// The host recovers from an error, or gives up what is below the port.
pub(crate) async fn recover(driver: &Driver, error: PciError) {
    let functions = below(driver).await;
    let mut told = Outcome::Good;
    for function in &functions {
        if tell(function.as_ref(), error).await == Outcome::Lost {
            told = Outcome::Lost;
        }
    }
    // Without a driver that could be told nobody asks for a reset, but the link is not used again without one.
    let resets = told == Outcome::Good || error == PciError::Fatal;
    if resets && !functions.is_empty() && reset_below(driver).await == Outcome::Lost {
        told = Outcome::Lost;
    }
    if told == Outcome::Good {
        for function in functions.iter().flatten() {
            if after_reset(function).await == Outcome::Lost {
                told = Outcome::Lost;
            }
        }
    }
    for function in functions.iter().flatten() {
        match told {
            Outcome::Good => resume(function).await,
            Outcome::Lost => give_up(function).await,
        }
    }
}

/// Whether the device is kept from memory from now on (`mlx5_pci_disable_device`, `mlx5_pci_enable_device`).
async fn bar_dma(driver: &Driver, is_barred: bool) {
    driver
        .step(driver.writes(Object::DeviceState), |state, _| {
            *state.interface.dma_barred = is_barred
        })
        .await;
}

async fn set_channel(driver: &Driver, channel: PciChannel) {
    driver
        .step(driver.writes(Object::DeviceState), |state, _| {
            *state.interface.channel = channel
        })
        .await;
    driver.notify_device_state();
}

/// Tells a function's driver of the error (`report_error_detected`): lost without one.
async fn tell(function: Option<&Driver>, error: PciError) -> Outcome {
    let Some(driver) = function else {
        return Outcome::Lost;
    };
    driver
        .holding(Object::DeviceLock, async || {
            if error == PciError::Fatal {
                set_channel(driver, PciChannel::Frozen).await;
            }
            if !driver.is_bound().await {
                return Outcome::Lost;
            }
            let was_reset = stop(driver).await;
            if was_reset {
                pages::on_device_reset(driver).await;
            }
            Outcome::Good
        })
        .await
}

/// The driver unloads, whatever still answers (`mlx5_pci_err_detected`). Returns whether its function went down by itself.
async fn stop(driver: &Driver) -> bool {
    let was_reset = health::enter_error_state(driver).await;
    load::unload(driver).await;
    health::drain(driver).await;
    bar_dma(driver, true).await;
    was_reset
}

/// Resets what is below the port, and waits for it to be there again (`aer_root_reset`, `pci_bridge_wait_for_secondary_bus`).
async fn reset_below(driver: &Driver) -> Outcome {
    let reset = driver
        .step(driver.writes(Object::Registers), |_, bus| {
            match registers::health_firmware_version(bus) {
                // It reaches nobody, and a host that is another's (VFIO) would refuse it.
                u32::MAX => Ok(()),
                _ => bus.reset_function(),
            }
        })
        .await;
    if reset.is_err() {
        return Outcome::Lost;
    }
    driver.pause(pauses::BUS_RESET).await;
    let mut patience = Patience::begin(driver, pauses::BUS_RESET_LIMIT, LastLook::AtLimit);
    let look = |_: Option<&()>, _: &State, bus: &mut Bus| match registers::health_firmware_version(bus) {
        u32::MAX => Look::NotYet(()),
        _ => Look::Reached(()),
    };
    let registers = driver.reads(Object::Registers);
    let back = driver
        .wait_until(registers, pauses::BUS_RESET_LOOK, &mut patience, look)
        .await;
    back.map_or(Outcome::Lost, |()| Outcome::Good)
}

/// Tells a function's driver that the function was reset (`report_slot_reset`): it looks for signs of life (`mlx5_pci_slot_reset`).
async fn after_reset(driver: &Driver) -> Outcome {
    driver
        .holding(Object::DeviceLock, async || {
            set_channel(driver, PciChannel::Normal).await;
            if !driver.is_bound().await {
                return Outcome::Good;
            }
            bar_dma(driver, false).await;
            pages::on_device_reset(driver).await;
            match health::wait_vital(driver).await {
                Ok(()) => Outcome::Good,
                Err(_) => Outcome::Lost,
            }
        })
        .await
}

/// Tells a function's driver that it may begin anew (`report_resume`): it loads (`mlx5_pci_resume`). What that fails with is nobody's.
async fn resume(driver: &Driver) {
    driver
        .holding(Object::DeviceLock, async || {
            if driver.is_bound().await {
                let _failed = load::load_again(driver, load::Occasion::Reload).await;
            }
        })
        .await;
}

/// Tells a function's driver that the function is lost (`report_perm_failure_detected`): it unloads what it has not unloaded yet.
async fn give_up(driver: &Driver) {
    driver
        .holding(Object::DeviceLock, async || {
            if driver.is_bound().await {
                stop(driver).await;
            }
        })
        .await;
}
