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
pub use work::{EswitchWork, Generation};

use crate::books::FunctionType;
use crate::runtime::{Object, WorkQueue};
use crate::state::noting::used;
use parts::{Part, Parts, Touch};
use prm::{EswitchMode, VhcaId};

/// The eswitch's part of the driver's state (`struct mlx5_eswitch`).
#[derive(Clone, Debug, Default, Hash)]
pub struct EswitchState {
    /// Whether there is an eswitch object. Everything below is empty without one.
    pub(crate) exists: Part<bool>,
    pub(crate) mode: Part<EswitchMode>,
    /// The vports by number.
    pub(crate) vports: Parts<u16, Vport>,
    /// Which vport a VHCA id has. The last vport that was enabled with it.
    pub(crate) vhca_map: Parts<VhcaId, u16>,
    /// Which type a VHCA id has.
    pub(crate) type_map: Parts<VhcaId, FunctionType>,
    /// The count of enabled vports; it can be wrong, and negative.
    pub(crate) enabled_vports: Part<i32>,
    /// VFs with a vport: the driver's own, on an ECPF the host's.
    pub(crate) num_vfs: Part<u16>,
    /// The embedded CPU's VFs with a vport.
    pub(crate) num_ec_vfs: Part<u16>,
    /// Whether the host behind an ECPF has functions.
    pub(crate) host_functions: Part<bool>,
    /// The vports of satellite PFs in the order of firmware's table.
    pub(crate) satellites: Part<Vec<u16>>,
    /// Whether the forwarding database exists.
    pub(crate) fdb_created: Part<bool>,
    pub(crate) legacy: Part<LegacyFdb>,
    pub(crate) steering: Part<Steering>,
    /// Whether events are listened to, by kind.
    pub(crate) listens_to_vports: Part<bool>,
    pub(crate) listens_to_functions: Part<bool>,
    /// Work of an earlier generation is stale.
    pub(crate) generation: Part<Generation>,
    /// Vport and function changes that wait for the worker.
    pub queue: Part<WorkQueue<EswitchWork>>,
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

    /// Notes of use, by object.
    pub(super) fn take_touches(&self, take: &mut dyn FnMut(Object, Touch)) {
        let eswitch = [
            self.exists.take_touch(),
            self.mode.take_touch(),
            self.enabled_vports.take_touch(),
            self.num_vfs.take_touch(),
            self.num_ec_vfs.take_touch(),
            self.host_functions.take_touch(),
            self.satellites.take_touch(),
            self.fdb_created.take_touch(),
            self.legacy.take_touch(),
            self.steering.take_touch(),
        ];
        for touch in eswitch {
            used(take, Object::Eswitch, touch);
        }
        let events = [
            self.listens_to_vports.take_touch(),
            self.listens_to_functions.take_touch(),
            self.generation.take_touch(),
            self.queue.take_touch(),
        ];
        for touch in events {
            used(take, Object::EswitchQueue, touch);
        }
        self.vports.take_touches(|number, touch| {
            take(number.map_or(Object::Vports, Object::Vport), touch);
        });
        let mut map = |id: Option<VhcaId>, touch| take(id.map_or(Object::TypeMaps, Object::TypeMap), touch);
        self.vhca_map.take_touches(&mut map);
        self.type_map.take_touches(&mut map);
    }
}
