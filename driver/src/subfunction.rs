//! Scalable functions: functions without a PCI identity, made and removed at run time.
//!
//! * `hardware` - which function ids are taken, in firmware's eyes
//! * `port` - the ports of the eswitch that a person adds, activates and deletes
//! * `vhca_state` - what firmware tells by event about a function's state
//! * `work` - the worker behind these events
//! * `device` - functions that are active, for which the host makes a device

mod device;
mod hardware;
mod port;
mod vhca_state;
mod work;

pub(crate) use crate::state::subfunction::Controller;
pub(crate) use device::{create_devices, destroy_devices};
pub(crate) use hardware::{cleanup, deallocate_all, init, on_host_pf_disabled};
pub(crate) use port::{activate, add, deactivate, remove, remove_ports};
pub(crate) use vhca_state::{on_vhca_state_change, start_events, stop_events};
