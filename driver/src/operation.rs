//! What the host asks of a driver: the operations a person or a script starts.

use crate::books::OwnerKey;
use prm::EswitchMode;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostOperation {
    /// Binds the driver: probe and load (insmod).
    Load,
    /// Unbinds it: remove (rmmod).
    Unload,
    /// Unloads and loads again, keeping what lives from probe to remove (`devlink dev reload`).
    Reload,
    /// Writes a number of VFs (sysfs `sriov_numvfs`), also one that cannot be.
    EnableVfs(i32),
    /// Disables all VFs (sysfs `sriov_numvfs`, 0).
    DisableVfs,
    /// Resets the function (sysfs `reset`).
    ResetFunction,
    /// Changes the eswitch's mode (`devlink dev eswitch set`).
    SetEswitchMode(EswitchMode),
    /// Adds a scalable function by its number, from 1 (`devlink port add`).
    AddSf(u16),
    /// Activates it (`devlink port function set state active`).
    ActivateSf(u16),
    /// Deletes it (`devlink port del`).
    RemoveSf(u16),
    /// Takes one page from firmware's reach without telling it. No host can do that; it shows what a race would.
    FreePage {
        /// Whose page.
        key: OwnerKey,
    },
}

impl HostOperation {
    /// The operation's name, the last part of its task's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "host.load",
            Self::Unload => "host.unload",
            Self::Reload => "host.reload",
            Self::EnableVfs(_) => "host.enable_vfs",
            Self::DisableVfs => "host.disable_vfs",
            Self::ResetFunction => "host.flr",
            Self::SetEswitchMode(_) => "host.eswitch_mode",
            Self::AddSf(_) => "host.add_sf",
            Self::ActivateSf(_) => "host.activate_sf",
            Self::RemoveSf(_) => "host.remove_sf",
            Self::FreePage { .. } => "host.free_page",
        }
    }
}
