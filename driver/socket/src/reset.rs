//! A defect of the client, and the one place that knows it.
//!
//! `vfio_user` 0.1.7 keeps `flags & VFIO_DEVICE_FLAGS_RESET != VFIO_DEVICE_FLAGS_RESET` (its `src/lib.rs`, line 561): what
//! [`Client::resettable`] returns is whether the device can **not** be reset. The crate is pinned. When a later version
//! returns what its name says, no function can be reset here, a test says so, and the negation goes.

use vfio_user::Client;

/// Whether the device says that it can be reset.
pub(crate) fn is_resettable(client: &Client) -> bool {
    !client.resettable()
}
