//! Who comes over netlink, and finds the device or not.

use crate::errno::Errno;
use crate::handle::{Driver, LockGuard};
use crate::runtime::Object;

/// The devlink lock of a bound driver (`devlink_get_from_attrs_lock`): a device is there for netlink from probe to
/// remove.
///
/// # Errors
/// `ENODEV` without a bound driver.
pub(crate) async fn of_bound(driver: &Driver) -> Result<LockGuard, Errno> {
    let lock = driver.lock(Object::DevlinkLock).await;
    if driver.with(|state, _| state.interface.probed) {
        Ok(lock)
    } else {
        Err(Errno::ENODEV)
    }
}
