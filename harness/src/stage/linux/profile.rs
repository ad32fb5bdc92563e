//! What a guest finds plugged in, and for what it has room.

use emulator::config::{DeviceConfig, DeviceKind};
use std::fmt;

/// The PCI functions of a device, as far as a guest's kernel has seen them when it looked for functions. Everything else of a device
/// can change under a running guest while no driver is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    kind: DeviceKind,
    /// TotalVFs of the SR-IOV capability; 0 means that there is none.
    total_vfs: u16,
    /// It has the PF of a second host, behind the VFs.
    second_pf: bool,
    /// Number of windows for scalable functions in BAR 2.
    sf_windows: u16,
}

/// What is plugged into a guest when it boots, whether the first device needs it or not: QEMU plugs nothing in later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// Places for virtual functions.
    pub(super) virtual_functions: u16,
    /// Windows for scalable functions in BAR 2.
    pub(super) sf_windows: u16,
}

impl Room {
    /// What most scenarios need. A place costs a boot 20 ms.
    const USUAL: Self = Self {
        virtual_functions: 8,
        sf_windows: 4,
    };

    /// The room of a guest that boots for a device with this profile.
    pub(super) fn of(profile: Profile) -> Self {
        Self {
            virtual_functions: Self::USUAL.virtual_functions.max(profile.places()),
            sf_windows: Self::USUAL.sf_windows.max(profile.sf_windows),
        }
    }

    /// Whether a device with this profile fits.
    pub(super) const fn holds(self, profile: Profile) -> bool {
        profile.places() <= self.virtual_functions && profile.sf_windows <= self.sf_windows
    }
}

impl Profile {
    /// The profile of a device.
    #[must_use]
    pub fn of(device: &DeviceConfig) -> Self {
        Self {
            kind: device.kind,
            total_vfs: match device.kind {
                DeviceKind::Pf => device.vfs.total,
                DeviceKind::Ecpf => device.ec_vfs.total,
                DeviceKind::Vf => 0,
            },
            second_pf: device.second_pf.is_some(),
            sf_windows: device.sfs.max,
        }
    }

    /// Places that it takes besides that of the function under test.
    const fn places(self) -> u16 {
        self.total_vfs.saturating_add(self.second_pf as u16)
    }

    /// Whether a kernel that has seen the functions of this profile need not look for those of the other.
    #[must_use]
    pub(super) fn looks_like(self, other: Self) -> bool {
        (self.kind, self.total_vfs, self.second_pf) == (other.kind, other.total_vfs, other.second_pf)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            DeviceKind::Pf => "PF",
            DeviceKind::Ecpf => "ECPF",
            DeviceKind::Vf => "VF",
        })?;
        if self.total_vfs > 0 {
            write!(f, " with {} VFs", self.total_vfs)?;
        }
        if self.sf_windows > 0 {
            write!(f, " with {} SF windows", self.sf_windows)?;
        }
        Ok(())
    }
}
