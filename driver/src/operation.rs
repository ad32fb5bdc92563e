//! What the host asks of a driver: the operations a person or a script starts, in one table.
//!
//! Scenario files carry these operations by their words; the schema's texts are the docs here.

use crate::books::OwnerKey;
use prm::EswitchMode;
use serde::{Deserialize, Serialize};

/// How bad an error on the way to a function is (PCI Express AER: ERR_FATAL, ERR_NONFATAL).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(rename_all = "snake_case")]
pub enum PciError {
    /// The link cannot be trusted any more: nobody uses it until what is below it has been reset.
    Fatal,
    /// A request was lost; the link works.
    Nonfatal,
}

impl PciError {
    /// Its word in a sentence.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Nonfatal => "nonfatal",
        }
    }
}

/// What a kernel may be built without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: every driver can do it.
    Nothing,
    /// `CONFIG_MLX5_SF`.
    Subfunctions,
}

/// A row: the operation, its word in scenario files, what it needs, what the host does in words.
macro_rules! operations {
    ($(
        $(#[$meta:meta])*
        $name:ident $(($field:ident: $type:ty))? = $word:literal, $needs:ident, $clause:expr;
    )*) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
        pub enum HostOperation {
            $($(#[$meta])* #[serde(rename = $word)] $name $(($type))?,)*
        }

        impl HostOperation {
            /// The operation's name, the last part of its task's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name { .. } => concat!("host.", $word),)*
                }
            }

            /// Its word in scenario files.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $word,)*
                }
            }

            /// What a kernel needs for it.
            #[must_use]
            pub const fn needs(self) -> Needs {
                match self {
                    $(Self::$name { .. } => Needs::$needs,)*
                }
            }

            /// What the host does, to follow "the host".
            #[must_use]
            pub fn clause(self) -> String {
                match self {
                    $(Self::$name $(($field))? => String::from($clause),)*
                }
            }
        }
    };
}

operations! {
    /// Bind the driver to the function under test.
    Load = "load", Nothing, "loads the driver";
    /// Remove it.
    Unload = "unload", Nothing, "removes the driver";
    /// `devlink dev reload`: unload and load without removing the device's objects.
    Reload = "reload", Nothing, "reloads the driver through devlink";
    /// Write this number to `sriov_numvfs`, also one that the host refuses.
    EnableVfs(number: i32) = "enable_vfs", Nothing, match number {
        1 => "enables 1 VF".to_owned(),
        0..=0xffff => format!("enables {number} VFs"),
        _ => format!("asks for {number} VFs"),
    };
    /// Write 0 to `sriov_numvfs`.
    DisableVfs = "disable_vfs", Nothing, "disables its VFs";
    // Files say which function is meant; its driver does it.
    /// Write 1 to `reset` of this function: a function-level reset.
    #[serde(skip)]
    ResetFunction = "flr", Nothing, "resets the function";
    /// `devlink dev reload action fw_activate`: firmware is reset with the consent of all hosts, and the driver loads again.
    ActivateFirmware = "fw_activate", Nothing, "has new firmware activated";
    /// The machine goes to sleep and wakes up: every driver unloads, and loads again.
    SuspendResume = "suspend_resume", Nothing, "sends the machine to sleep and wakes it up";
    /// Another kernel takes the machine over after the drivers were shut down; no device is reset.
    Kexec = "kexec", Nothing, "lets another kernel take the machine over";
    /// The machine starts again after the drivers were shut down; every function is reset.
    Reboot = "reboot", Nothing, "starts the machine again";
    /// Write 1 to `remove` of the function under test: its driver is unbound, and the host knows it no more.
    Remove = "remove", Nothing, "takes the function off its bus";
    /// Write 1 to `rescan`: a function that was taken off is found again, as new, and nothing is bound to it.
    Rescan = "rescan", Nothing, "looks for functions that are not on its bus";
    /// The port above the function reports an error (PCI Express AER): the host tells the drivers below it, resets what is below it,
    /// and lets them begin anew. The step ends when that is over, whatever has come of it.
    PciError(error: PciError) = "pci_error", Nothing, format!("is told of a {} error by the port above the function", error.word());
    /// `devlink dev eswitch set mode`.
    SetEswitchMode(mode: EswitchMode) = "eswitch_mode", Nothing, match mode {
        EswitchMode::Legacy => "sets the eswitch to legacy mode",
        EswitchMode::Switchdev => "sets the eswitch to switchdev mode",
    };
    /// `devlink port add`: create this scalable function (1 is `sf1`).
    AddSf(number: u16) = "add_sf", Subfunctions, format!("adds sf{number}");
    /// `devlink port add ... controller 1`: create a scalable function for the external host (1 is a number of the caller's choice).
    AddHostSf(number: u16) = "add_host_sf", Subfunctions, format!("adds sf{number} for the host");
    /// `devlink port function set state active`.
    ActivateSf(number: u16) = "activate_sf", Subfunctions, format!("activates sf{number}");
    /// `devlink port function set state inactive`: its driver is told to go; the port stays.
    DeactivateSf(number: u16) = "deactivate_sf", Subfunctions, format!("deactivates sf{number}");
    /// `devlink port del`.
    RemoveSf(number: u16) = "remove_sf", Subfunctions, format!("removes sf{number}");
    /// Take one page of this owner from firmware's reach without telling it. No host can do that; it shows what a race would.
    #[serde(skip)]
    FreePage(key: OwnerKey) = "free_page", Nothing, format!("frees a page of owner key {key}");
}
