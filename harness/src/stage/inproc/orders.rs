//! Orders to the firmware and the gate of a device in this process.

use super::setup::InprocWorld;
use emulator::{FirmwareOrder, GateOrder, OrderError};

/// Gives firmware an order.
///
/// # Errors
/// [`OrderError`] when firmware cannot carry it out.
pub fn order(world: &mut InprocWorld, order: &FirmwareOrder) -> Result<(), OrderError> {
    let now = world.now();
    let done = world
        .machine_mut()
        .with_device(|silicon, lines| silicon.order(order, now, lines));
    world.device_acted();
    done
}

/// Gives the gate an order.
///
/// # Errors
/// [`OrderError`] when the gate cannot carry it out.
pub fn gate(world: &mut InprocWorld, order: &GateOrder) -> Result<(), OrderError> {
    let now = world.now();
    let done = world
        .machine_mut()
        .with_device(|silicon, lines| silicon.gate(order, now, lines));
    world.device_acted();
    done
}
