//! What a driver instance is made of.

use crate::device_bus::Bus;
use crate::revision::Revision;
use crate::runtime::{DriverId, Runtime};
use prm::function::Function;

/// What the host's kernel was built with, and what its bus tells of the function besides registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Support of the embedded switch (`CONFIG_MLX5_ESWITCH`).
    pub eswitch_support: bool,
    /// TotalVFs of the function's SR-IOV capability; 0 without one.
    pub total_vfs: u16,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            eswitch_support: true,
            total_vfs: 0,
        }
    }
}

/// What a driver instance is made of.
pub struct DriverSetup {
    /// This instance among those of the run.
    pub id: DriverId,
    /// The function it binds to.
    pub endpoint: Function,
    /// The choices that make it the revision it is.
    pub revision: &'static dyn Revision,
    /// The host's kernel and bus.
    pub options: HostOptions,
    /// The executor all drivers of the run share.
    pub runtime: Runtime,
    /// Its device.
    pub bus: Bus,
}
