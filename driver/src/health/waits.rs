//! Waiting for a device on its way down and back up: what is looked at, how often, for how long.

use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::pauses::{READABLE_LOOK, RESET_LOOK, VITAL_LOOK};
use crate::registers;
use crate::runtime::Object;
use prm::Cycles;
use prm::init_segment::NIC_INTERFACE_DISABLED;

/// How often the health counter is looked at, every 50 ms, before the device is taken to be dead.
const VITAL_LOOKS: u32 = 100;

/// Waits for the function's interface to be disabled.
pub(super) async fn wait_down(driver: &Driver, limit: Cycles) -> bool {
    let access = driver.reads(Object::Health);
    let end = driver.now().saturating_add(limit);
    loop {
        let interface = driver
            .step(access, |_, bus| registers::queue_word(bus).nic_interface())
            .await;
        if interface == NIC_INTERFACE_DISABLED {
            return true;
        }
        if driver.now() >= end {
            driver.message(MessageKind::NicInterfaceStuck {
                interface,
                waited_ms: limit.as_millis(),
            });
            return false;
        }
        driver.sleep(RESET_LOOK).await;
    }
}

/// Waits until firmware can be read again (`mlx5_health_wait_pci_up`), as long as a firmware reset may take.
pub(super) async fn wait_readable(driver: &Driver) -> Result<(), Errno> {
    let limit = driver.with(|state, _| state.timeouts.firmware_reset);
    let end = driver.now().saturating_add(limit);
    loop {
        let version = driver
            .step(driver.reads(Object::Health), |_, bus| {
                registers::health_firmware_version(bus)
            })
            .await;
        if version != u32::MAX {
            return Ok(());
        }
        if driver.now() >= end {
            return Err(Errno::ETIMEDOUT);
        }
        driver.sleep(READABLE_LOOK).await;
    }
}

/// Waits for the health counter to move (`wait_vital`).
pub(super) async fn wait_vital(driver: &Driver) -> Result<(), Errno> {
    let mut first = None;
    for _ in 0..VITAL_LOOKS {
        let counter = driver
            .step(driver.reads(Object::Health), |_, bus| {
                registers::health_counter(bus)
            })
            .await;
        if *first.get_or_insert(counter) != counter {
            return Ok(());
        }
        driver.sleep(VITAL_LOOK).await;
    }
    Err(Errno::EIO)
}
