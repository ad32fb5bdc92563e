//! Waiting for a device on its way down and back up: what is looked at, how often, for how long.

use super::sensors::sensors;
use crate::device_bus::Bus;
use crate::errno::Errno;
use crate::handle::{Driver, LastLook, Look, Patience};
use crate::message::MessageKind;
use crate::pauses::{READABLE_LOOK, RESET_LOOK, VITAL_LOOK};
use crate::registers;
use crate::runtime::Object;
use crate::state::State;
use prm::Cycles;
use prm::init_segment::NIC_INTERFACE_DISABLED;

/// How often the health counter is looked at, every 50 ms, before the device is taken to be dead.
const VITAL_LOOKS: u64 = 100;

/// Waits for the function's interface to be disabled. Nobody waits where the host has closed the way to the function.
pub(super) async fn wait_down(driver: &Driver, limit: Cycles) -> bool {
    let mut patience = Patience::begin(driver, limit, LastLook::AtLimit);
    let look = |_: Option<&u8>, state: &State, bus: &mut Bus| match registers::queue_word(bus).nic_interface()
    {
        NIC_INTERFACE_DISABLED => Look::Reached(true),
        _ if state.interface.is_offline() => Look::Reached(false),
        interface => Look::NotYet(interface),
    };
    let down = driver
        .wait_until(sensors(driver), RESET_LOOK, &mut patience, look)
        .await;
    down.unwrap_or_else(|interface| {
        driver.message(MessageKind::NicInterfaceStuck {
            interface,
            waited_ms: limit.as_millis(),
        });
        false
    })
}

/// Waits until firmware can be read again (`mlx5_health_wait_pci_up`), as long as a firmware reset may take. Nobody waits any longer
/// once the driver is to be removed, or where the host has closed the way to the function.
///
/// # Errors
/// `-EIO`, whatever it was: so the caller tells it on.
pub(crate) async fn wait_readable(driver: &Driver) -> Result<(), Errno> {
    let limit = driver.settled(|state| state.timeouts.firmware_reset);
    let mut patience = Patience::begin(driver, limit, LastLook::BeyondLimit);
    let look = |_: Option<&()>, state: &State, bus: &mut Bus| match registers::health_firmware_version(bus) {
        u32::MAX if state.health.gives_up() || state.interface.is_offline() => Look::Reached(false),
        u32::MAX => Look::NotYet(()),
        _ => Look::Reached(true),
    };
    let about = [
        driver.reads(Object::Registers),
        driver.reads(Object::DeviceState),
        driver.reads(Object::Health),
    ];
    match driver.wait_until(about, READABLE_LOOK, &mut patience, look).await {
        Ok(true) => Ok(()),
        Ok(false) | Err(()) => Err(Errno::EIO),
    }
}

/// Waits for the health counter to move (`wait_vital`). After the last look the kernel sleeps once more before it gives up.
pub(crate) async fn wait_vital(driver: &Driver) -> Result<(), Errno> {
    let mut patience = Patience::begin(
        driver,
        Cycles(VITAL_LOOK.0 * (VITAL_LOOKS - 1)),
        LastLook::AtLimit,
    );
    let look = |first: Option<&u32>, _: &State, bus: &mut Bus| {
        let counter = registers::health_counter(bus);
        match first {
            // What a device that nobody reaches shows is no counter.
            Some(&first) if first != counter && ![first, counter].contains(&u32::MAX) => Look::Reached(()),
            _ => Look::NotYet(counter),
        }
    };
    let registers = driver.reads(Object::Registers);
    let moves = driver
        .wait_until(registers, VITAL_LOOK, &mut patience, look)
        .await;
    if moves.is_err() {
        driver.sleep(VITAL_LOOK).await;
    }
    moves.map_err(|_same| Errno::EIO)
}
