//! What a guest has to find plugged in.

use emulator::config::{DeviceConfig, DeviceKind};
use std::fmt;

/// The PCI functions of a device, as far as a guest fixes them when it boots. Everything else of a device can change under a
/// running guest while no driver is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    kind: DeviceKind,
    /// TotalVFs of the SR-IOV capability; 0 means that there is none.
    total_vfs: u16,
    /// Number of windows for scalable functions in BAR 2.
    sf_windows: u16,
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
            sf_windows: device.sfs.max,
        }
    }

    /// Profiles in the order in which they are run: those of one kind together, small ones first.
    #[must_use]
    pub const fn rank(&self) -> (u8, u16, u16) {
        let kind = match self.kind {
            DeviceKind::Pf => 0,
            DeviceKind::Ecpf => 1,
            DeviceKind::Vf => 2,
        };
        (kind, self.total_vfs, self.sf_windows)
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
