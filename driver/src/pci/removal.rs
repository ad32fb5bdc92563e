//! A function leaves its bus and is found again.

use crate::errno::Errno;
use crate::handle::Driver;
use crate::load;
use crate::runtime::Object;
use crate::state::interface::PciChannel;

/// Takes the function off its bus, with the VFs that its driver has enabled (sysfs `remove`:
/// `pci_stop_and_remove_bus_device_locked`). Its driver is unbound as by hand.
///
/// # Errors
/// `-ENOENT` where the host does not know the function.
pub(crate) async fn remove(driver: &Driver) -> Result<(), Errno> {
    driver
        .holding(Object::DeviceLock, async || {
            let is_there = driver
                .step(driver.reads(Object::Interface), |state, _| {
                    !*state.interface.removed
                })
                .await;
            if !is_there {
                return Err(Errno::ENOENT);
            }
            // That no driver was bound is no error here.
            let _unbound = load::remove(driver).await;
            driver
                .step(driver.writes(Object::Interface), |state, _| {
                    *state.interface.removed = true
                })
                .await;
            Ok(())
        })
        .await
}

/// Finds the function again that was taken off the bus (sysfs `rescan`: `pci_rescan_bus`). It is as new to the host: what an error had
/// closed is open. Nothing is bound to it: these hosts bind drivers by hand.
///
/// # Errors
/// None: a host that finds nothing new has looked all the same.
pub(crate) async fn rescan(driver: &Driver) -> Result<(), Errno> {
    let about = [
        driver.writes(Object::Interface),
        driver.writes(Object::DeviceState),
    ];
    driver
        .step(about, |state, _| {
            if std::mem::take(&mut *state.interface.removed) {
                *state.interface.channel = PciChannel::Normal;
            }
        })
        .await;
    Ok(())
}
