//! What a run of our driver is made of, on whatever bus.

use driver::RevisionName;
use driver_host::{Limits, Schedule, WorldSetup};
use emulator::config::{DeviceConfig, DeviceKind};
use emulator::{ConfigError, Silicon};

/// See the module's head.
#[derive(Clone, Debug)]
pub struct RunSetup {
    /// The device.
    pub device: DeviceConfig,
    /// Decides what the device draws.
    pub seed: u64,
    /// Bytes of a host page.
    pub page_bytes: u64,
    /// How drivers do things.
    pub revision: RevisionName,
    /// Whether drivers are built with support of the embedded switch.
    pub eswitch_support: bool,
    /// Who runs next.
    pub schedule: Schedule,
    /// How far the run may go.
    pub limits: Limits,
    /// Whether it is kept when everything happened.
    pub keep_timeline: bool,
}

impl RunSetup {
    /// A run without anything special: nothing is drawn, everything goes in order, on a host with pages of 4 KiB.
    #[must_use]
    pub fn of(device: DeviceConfig, revision: RevisionName) -> Self {
        Self {
            device,
            seed: 0,
            page_bytes: 4096,
            revision,
            eswitch_support: true,
            schedule: Schedule::InOrder,
            limits: Limits::default(),
            keep_timeline: false,
        }
    }

    /// The device, powered on.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be built.
    pub fn silicon(&self) -> Result<Silicon, ConfigError> {
        Silicon::new(self.device.clone(), self.seed)
    }

    /// What the drivers' host is made of, for this device.
    #[must_use]
    pub fn world(&self, silicon: &Silicon) -> WorldSetup {
        WorldSetup {
            functions: silicon.endpoints(),
            total_vfs: total_vfs(&self.device),
            light_subfunctions: self.device.eswitch.manager,
            page_bytes: self.page_bytes,
            revision: self.revision,
            eswitch_support: self.eswitch_support,
            schedule: self.schedule.clone(),
            limits: self.limits,
            keep_activity: self.keep_timeline,
        }
    }
}

/// TotalVFs of the SR-IOV capability of the function under test.
const fn total_vfs(device: &DeviceConfig) -> u16 {
    match device.kind {
        DeviceKind::Pf => device.vfs.total,
        DeviceKind::Ecpf => device.ec_vfs.total,
        DeviceKind::Vf => 0,
    }
}
