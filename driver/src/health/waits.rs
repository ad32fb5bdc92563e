//! Waiting for a device on its way down and back up: what is looked at, how often, for how long.

use crate::driver::Driver;
use crate::errno::Errno;
use crate::message::MessageKind;
use crate::registers;
use crate::runtime::Object;
use prm::Cycles;
use prm::init_segment::NIC_INTERFACE_DISABLED;

/// From one look to the next while a device is waited for.
const LOOK: Cycles = Cycles::from_millis(20);

/// How long firmware may take to be readable again.
const READABLE_LIMIT: Cycles = Cycles::from_secs(60);

/// How often the health counter is looked at, every 50 ms, before the device is taken to be dead.
const VITAL_LOOKS: u32 = 100;

/// From one look at the health counter to the next.
const VITAL_LOOK: Cycles = Cycles::from_millis(50);

/// Waits for the function's interface to be disabled.
pub(super) async fn wait_down(driver: &Driver, limit: Cycles) -> bool {
    let access = driver.reads(Object::Health);
    let end = driver.now().saturating_add(limit);
    loop {
        let interface = driver
            .step(access, |_, backing| {
                registers::queue_word(backing).nic_interface()
            })
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
        driver.sleep(LOOK).await;
    }
}

/// Waits until firmware can be read again.
pub(super) async fn wait_readable(driver: &Driver) -> Result<(), Errno> {
    let end = driver.now().saturating_add(READABLE_LIMIT);
    loop {
        let version = driver
            .step(driver.reads(Object::Health), |_, backing| {
                registers::health_firmware_version(backing)
            })
            .await;
        if version != u32::MAX {
            return Ok(());
        }
        if driver.now() >= end {
            return Err(Errno::ETIMEDOUT);
        }
        driver.sleep(LOOK).await;
    }
}

/// Waits for the health counter to move (`wait_vital`).
pub(super) async fn wait_vital(driver: &Driver) -> Result<(), Errno> {
    let mut first = None;
    for _ in 0..VITAL_LOOKS {
        let counter = driver
            .step(driver.reads(Object::Health), |_, backing| {
                registers::health_counter(backing)
            })
            .await;
        if *first.get_or_insert(counter) != counter {
            return Ok(());
        }
        driver.sleep(VITAL_LOOK).await;
    }
    Err(Errno::EIO)
}
