//! A device of a description, and drivers on it, in this process.

use super::machine::InprocMachine;
use driver::RevisionName;
use driver::runtime::Scheduler;
use driver_host::{Limits, World, WorldSetup};
use emulator::config::{DeviceConfig, DeviceKind};
use emulator::{ConfigError, Silicon};

/// Driver and device in this process.
pub type InprocWorld = World<InprocMachine>;

/// What a world in this process is made of.
pub struct InprocSetup {
    /// The device.
    pub device: DeviceConfig,
    /// Decides what the device draws.
    pub seed: u64,
    /// Bytes of a host page.
    pub page_bytes: u64,
    /// How drivers of this world do things.
    pub revision: RevisionName,
    /// Whether drivers are built with support of the embedded switch.
    pub eswitch_support: bool,
    /// Who runs next.
    pub scheduler: Box<dyn Scheduler>,
    /// How far it may go.
    pub limits: Limits,
}

impl InprocSetup {
    /// A device nobody has touched, and a driver that is not bound yet.
    ///
    /// # Errors
    /// [`ConfigError`] when the device cannot be built.
    pub fn world(self) -> Result<InprocWorld, ConfigError> {
        let total_vfs = total_vfs(&self.device);
        let light_subfunctions = self.device.eswitch.manager;
        let silicon = Silicon::new(self.device, self.seed)?;
        let setup = WorldSetup {
            functions: silicon.endpoints(),
            total_vfs,
            light_subfunctions,
            revision: self.revision,
            eswitch_support: self.eswitch_support,
            scheduler: self.scheduler,
            limits: self.limits,
        };
        let machine = InprocMachine::new(silicon, self.page_bytes);
        Ok(World::new(machine, setup))
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
