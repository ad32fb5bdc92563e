//! Resets, and a device that the driver gives up by itself.

use super::sensors::{FATAL_SYNDROME, fatal_sensor};
use super::waits::wait_down;
use crate::command;
use crate::device_bus::Bus;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::pages;
use crate::registers;
use crate::runtime::Object;
use crate::state::State;
use crate::state::health::HealthWork;
use crate::state::interface::{DeviceState, FunctionKind};
use prm::init_segment::{NIC_INTERFACE_DISABLED, NIC_INTERFACE_SOFTWARE_RESET};

/// The driver gives the device up by itself: a page command or a change of mode has waited too long. Ends what waits for
/// the device and resets the function, so that nothing the driver frees from here on is in use.
pub(crate) async fn declare_faulty(driver: &Driver) {
    let news = driver
        .step(driver.writes(Object::DeviceState), |state, _| {
            let news = !state.interface.in_error();
            *state.interface.device = DeviceState::InternalError;
            news
        })
        .await;
    if !news {
        return;
    }
    driver.notify_device_state();
    driver.message(MessageKind::DeviceDeclaredFaulty);
    command::flush(driver).await;
    reset_function(driver).await;
    driver.runtime().follow(driver.writes(Object::Health)).await;
    driver.queue_work(HealthWork::Faulty);
}

/// The host has found an error on the way to the function: if the device is lost, what waits for it is ended
/// (`mlx5_enter_error_state`, not forced), and the reset that it may ask for is waited for (`mlx5_error_sw_reset`). Returns whether
/// it was reset.
pub(crate) async fn enter_error_state(driver: &Driver) -> bool {
    let about = [
        driver.writes(Object::DeviceState),
        driver.reads(Object::Registers),
    ];
    let look = |state: &mut State, bus: &mut Bus| {
        let was_lost = state.interface.in_error();
        let is_lost = fatal_sensor(state, bus).is_some();
        if is_lost {
            *state.interface.device = DeviceState::InternalError;
        }
        (is_lost && !was_lost, was_lost || is_lost)
    };
    let (news, lost) = driver.step(about, look).await;
    if news {
        driver.notify_device_state();
    }
    driver
        .holding(Object::InterfaceLock, async || {
            if news {
                command::flush(driver).await;
            }
            lost && reset(driver).await
        })
        .await
}

/// Resets the function through its interface register. Returns whether it confirmed: then firmware has dropped every
/// command and every page.
pub(crate) async fn reset_function(driver: &Driver) -> bool {
    driver
        .step(driver.writes(Object::Registers), |_, bus| {
            if registers::queue_word(bus).nic_interface() != NIC_INTERFACE_DISABLED {
                registers::write_nic_interface(bus, NIC_INTERFACE_SOFTWARE_RESET);
            }
        })
        .await;
    let limit = driver.settled(|state| state.timeouts.pcie_toggle);
    let is_down = wait_down(driver, limit).await;
    if is_down {
        pages::on_device_reset(driver).await;
    }
    is_down
}

/// Asks for a reset where the sensor calls for it, and waits for the function to go down (`error_sw_reset`). Returns
/// whether it went down.
pub(super) async fn reset(driver: &Driver) -> bool {
    let about = [
        driver.writes(Object::Registers),
        driver.reads(Object::DeviceState),
    ];
    let limit = driver
        .step(about, |state, bus| {
            let physical = state.interface.kind == FunctionKind::Physical;
            if fatal_sensor(state, bus) == Some(FATAL_SYNDROME) {
                if !physical {
                    // Only a physical function may ask for the reset; the others wait for theirs.
                    return state.timeouts.full_crdump;
                }
                if registers::initializing(bus).firmware_reset_supported() {
                    registers::write_nic_interface(bus, NIC_INTERFACE_SOFTWARE_RESET);
                }
            }
            state.timeouts.pcie_toggle
        })
        .await;
    wait_down(driver, limit).await
}

/// From here on the driver answers its own commands; those that are outstanding end (`mlx5_enter_error_state`, forced).
pub(crate) async fn force_error_state(driver: &Driver) {
    let was_up = driver
        .step(driver.writes(Object::DeviceState), |state, _| {
            let was_up = *state.interface.device == DeviceState::Up;
            if was_up {
                *state.interface.device = DeviceState::InternalError;
            }
            was_up
        })
        .await;
    driver.notify_device_state();
    driver
        .holding(Object::InterfaceLock, async || {
            if was_up {
                command::flush(driver).await;
            }
        })
        .await;
}
