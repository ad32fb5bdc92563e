//! Who comes over netlink, and finds the device or not.

use crate::errno::Errno;
use crate::handle::Driver;
use crate::runtime::Object;

/// Does something under the devlink lock of a bound driver (`devlink_get_from_attrs_lock`): a device is there for netlink from
/// probe to remove.
///
/// # Errors
/// `ENODEV` without a bound driver; as what is done.
pub(crate) async fn with_bound(
    driver: &Driver,
    body: impl AsyncFnOnce() -> Result<(), Errno>,
) -> Result<(), Errno> {
    driver
        .holding(Object::DevlinkLock, async || {
            if driver.is_bound().await {
                body().await
            } else {
                Err(Errno::ENODEV)
            }
        })
        .await
}
