//! Orders that go over the kernel's devlink interface.

use prm::EswitchMode;
use serde::{Deserialize, Serialize};

/// An operation of devlink. A `device` is a PCI address, `0000:01:00.0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Devlink {
    /// `devlink dev info`: answered by [`Answer::Names`](crate::Answer::Names), a line for each version.
    Info {
        /// The function.
        device: String,
    },
    /// `devlink dev reload`: the driver tears the device down and loads it again.
    Reload {
        /// The function.
        device: String,
    },
    /// `devlink dev reload action fw_activate`: firmware is reset, and the driver loads again.
    ActivateFirmware {
        /// The function.
        device: String,
    },
    /// `devlink dev eswitch set mode`.
    EswitchMode {
        /// The function that manages the eswitch.
        device: String,
        /// The mode to change to.
        mode: EswitchMode,
    },
    /// `devlink port add flavour pcisf`: answered by [`Answer::Port`](crate::Answer::Port).
    AddSf {
        /// The function that manages the eswitch.
        device: String,
        /// `controller`: 0 for the manager's own, 1 for the external host's.
        controller: u32,
        /// `pfnum`.
        pf_number: u16,
        /// `sfnum`.
        sf_number: u32,
    },
    /// `devlink port function set state`.
    SetPortState {
        /// The function that manages the eswitch.
        device: String,
        /// Index of the port.
        port: u32,
        /// Whether the function behind the port is to be active.
        active: bool,
    },
    /// `devlink port del`.
    DeletePort {
        /// The function that manages the eswitch.
        device: String,
        /// Index of the port.
        port: u32,
    },
}
