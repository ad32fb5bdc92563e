//! Events about functions that the device does not have.

use prm::WireIdentity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An event that no compliant firmware posts: what it tells of never existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StrayEvent {
    /// The external host has so many VFs enabled, more than there are: QUERY_ESW_FUNCTIONS says so from now on, and the event is
    /// posted (type 0x0e; `beyond-host-vfs`).
    HostVfs {
        /// host_num_of_vfs.
        count: u16,
    },
    /// The state of this function changed (type 0x0f; `beyond-vhca-state`). The device need not have it.
    VhcaState(WireIdentity),
}
