//! Scalable functions: functions without a PCI identity, made and removed at run time.
//!
//! * `hardware` - which function ids are taken, in firmware's eyes
//! * `port` - the ports of the eswitch that a person adds, activates and deletes
//! * `vhca_state` - what firmware tells by event about a function's state
//! * `device` - functions that are active, for which the host makes a device

mod device;
mod hardware;
mod port;
mod vhca_state;

pub use vhca_state::VhcaStateWork;

pub(crate) use device::{create_devices, destroy_devices};
pub(crate) use hardware::{cleanup, deallocate_all, init, on_host_pf_disabled};
pub(crate) use port::{activate, add, remove, remove_ports};
pub(crate) use vhca_state::{on_vhca_state_change, start_events, stop_events};

use crate::runtime::WorkQueue;
use hardware::HardwareTable;
use port::Port;
use std::collections::{BTreeMap, BTreeSet};

/// The scalable functions' part of the driver's state.
#[derive(Clone, Debug, Default)]
pub struct SubfunctionState {
    /// Function ids, if there may be scalable functions.
    table: Option<HardwareTable>,
    /// Ports by the number a person gave them.
    ports: BTreeMap<u16, Port>,
    /// Function ids for which the host has a device.
    devices: BTreeSet<u16>,
    /// Whether devices are made for active functions.
    makes_devices: bool,
    /// Whether state changes are listened to.
    listening: bool,
    /// State changes that wait for the worker.
    pub queue: WorkQueue<VhcaStateWork>,
}

impl SubfunctionState {
    /// Function ids of the scalable functions for which the host has a device, so that a driver can bind to them.
    #[must_use]
    pub const fn devices(&self) -> &BTreeSet<u16> {
        &self.devices
    }
}
