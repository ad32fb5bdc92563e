//! The embedded switch: the vports, and which VHCA id is whose.
//!
//! * `vport` - a vport as the driver knows it
//! * `tables` - the flow tables of the two modes
//! * `work` - changes that wait for the worker

mod tables;
mod vport;
mod work;

pub(crate) use tables::{Chain, LegacyFdb, Steering};
pub use vport::{ECPF_VPORT, EventMask, LinkState, PF_VPORT, UPLINK_VPORT, Vport, VportKind};
pub use work::EswitchWork;

use crate::books::FunctionType;
use crate::runtime::WorkQueue;
use prm::{EswitchMode, VhcaId};
use std::collections::BTreeMap;

/// The eswitch's part of the driver's state (`struct mlx5_eswitch`).
#[derive(Clone, Debug, Default)]
pub struct EswitchState {
    /// Whether there is an eswitch object. Everything below is empty without one.
    pub(crate) exists: bool,
    pub(crate) mode: EswitchMode,
    /// The vports by number.
    pub(crate) vports: BTreeMap<u16, Vport>,
    /// Which vport a VHCA id has. The last vport that was enabled with it.
    pub(crate) vhca_map: BTreeMap<VhcaId, u16>,
    /// Which type a VHCA id has.
    pub(crate) type_map: BTreeMap<VhcaId, FunctionType>,
    /// The count of enabled vports; it can be wrong, and negative.
    pub(crate) enabled_vports: i32,
    /// VFs with a vport: the driver's own, on an ECPF the host's.
    pub(crate) num_vfs: u16,
    /// The embedded CPU's VFs with a vport.
    pub(crate) num_ec_vfs: u16,
    /// Whether the host behind an ECPF has functions.
    pub(crate) host_functions: bool,
    /// The vports of satellite PFs in the order of firmware's table.
    pub(crate) satellites: Vec<u16>,
    /// Whether the forwarding database exists.
    pub(crate) fdb_created: bool,
    pub(crate) legacy: LegacyFdb,
    pub(crate) steering: Steering,
    /// Whether events are listened to, by kind.
    pub(crate) listens_to_vports: bool,
    pub(crate) listens_to_functions: bool,
    /// Work of an earlier generation is stale.
    pub(crate) generation: u64,
    /// Vport and function changes that wait for the worker.
    pub queue: WorkQueue<EswitchWork>,
}

impl EswitchState {
    /// Whether firmware was told to enable the PF behind this vport.
    pub(crate) fn is_activated(&self, vport: u16) -> bool {
        self.vports.get(&vport).is_some_and(|vport| vport.activated)
    }

    /// Notes whether it was.
    pub(crate) fn set_activated(&mut self, vport: u16, activated: bool) {
        if let Some(vport) = self.vports.get_mut(&vport) {
            vport.activated = activated;
        }
    }
}
