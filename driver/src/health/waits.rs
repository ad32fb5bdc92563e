//! Waiting for a device on its way down and back up: what is looked at, how often, for how long.

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

/// Waits for the function's interface to be disabled.
pub(super) async fn wait_down(driver: &Driver, limit: Cycles) -> bool {
    let mut patience = Patience::begin(driver, limit, LastLook::AtLimit);
    let look = |_: Option<&u8>, _: &State, bus: &mut Bus| match registers::queue_word(bus).nic_interface() {
        NIC_INTERFACE_DISABLED => Look::Reached(()),
        interface => Look::NotYet(interface),
    };
    let registers = driver.reads(Object::Registers);
    let down = driver
        .wait_until(registers, RESET_LOOK, &mut patience, look)
        .await;
    if let Err(interface) = down {
        driver.message(MessageKind::NicInterfaceStuck {
            interface,
            waited_ms: limit.as_millis(),
        });
    }
    down.is_ok()
}

/// Waits until firmware can be read again (`mlx5_health_wait_pci_up`), as long as a firmware reset may take.
pub(crate) async fn wait_readable(driver: &Driver) -> Result<(), Errno> {
    let limit = driver.settled(|state| state.timeouts.firmware_reset);
    let mut patience = Patience::begin(driver, limit, LastLook::AtLimit);
    let look = |_: Option<&()>, _: &State, bus: &mut Bus| match registers::health_firmware_version(bus) {
        u32::MAX => Look::NotYet(()),
        _ => Look::Reached(()),
    };
    let registers = driver.reads(Object::Registers);
    let readable = driver
        .wait_until(registers, READABLE_LOOK, &mut patience, look)
        .await;
    readable.map_err(|()| Errno::ETIMEDOUT)
}

/// Waits for the health counter to move (`wait_vital`). After the last look the kernel sleeps once more before it gives up.
pub(super) async fn wait_vital(driver: &Driver) -> Result<(), Errno> {
    let mut patience = Patience::begin(
        driver,
        Cycles(VITAL_LOOK.0 * (VITAL_LOOKS - 1)),
        LastLook::AtLimit,
    );
    let look = |first: Option<&u32>, _: &State, bus: &mut Bus| {
        let counter = registers::health_counter(bus);
        match first {
            Some(&first) if first != counter => Look::Reached(()),
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
