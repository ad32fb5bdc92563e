//! A vport as the driver knows it, and all that there are.

use super::{ECPF_VPORT, PF_VPORT, UPLINK_VPORT, ec_vf_base, is_ecpf};
use crate::capabilities::OtherFunction;
use crate::state::State;
use prm::VhcaId;
use std::ops::Range;

/// The mark of a vport, by the kind of function behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VportKind {
    /// Without a mark: PFs, the embedded CPU and its VFs, the uplink.
    #[default]
    Unmarked,
    /// A VF.
    Vf,
    /// A VF that another eswitch delegated.
    AdjacentVf,
    /// A scalable function.
    Sf,
}

/// A vport (`struct mlx5_vport`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vport {
    /// Its mark.
    pub kind: VportKind,
    /// The VHCA id of its function, once it is known. It is not forgotten when the vport is disabled.
    pub vhca_id: Option<VhcaId>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Which changes of it post events.
    pub enabled_events: super::EventMask,
    /// The state of its link that the driver wants.
    pub link: LinkState,
    /// Whether its type is noted under its VHCA id by itself, not by another vport with the same id.
    pub(super) typed: bool,
    /// Whether a change waits for the worker.
    pub(super) change_queued: bool,
    /// Whether firmware was told to enable its function, for PFs behind an embedded CPU.
    pub(super) activated: bool,
}

/// A vport's administrative state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Down.
    Down = 0,
    /// As the uplink.
    #[default]
    Auto = 2,
}

/// Makes the objects of all vports that can be (`mlx5_esw_vports_init`).
pub(super) fn populate(state: &mut State, host_sfs: Range<u16>) {
    let mut add = |number: u16, kind: VportKind| {
        state.eswitch.vports.insert(
            number,
            Vport {
                kind,
                ..Vport::default()
            },
        );
    };
    let ecpf = state.interface.is_ecpf();
    if !ecpf || state.eswitch.host_functions {
        add(PF_VPORT, VportKind::Unmarked);
    }
    for number in 1..=state.sriov.max_vfs() {
        add(number, VportKind::Vf);
    }
    let base = if ecpf {
        state.capabilities.general_2().ec_vf_vport_base()
    } else {
        0
    };
    if base != 0 {
        for number in 0..state.sriov.max_ec_vfs() {
            add(base.saturating_add(number), VportKind::Unmarked);
        }
    }
    let general = state.capabilities.general();
    let own_sfs = if general.sf() {
        general.sf_base_id()..general.sf_base_id().saturating_add(general.max_num_sf())
    } else {
        0..0
    };
    for number in own_sfs.chain(host_sfs) {
        add(number, VportKind::Sf);
    }
    let manages_from_ecpf = ecpf && general.eswitch_manager();
    if manages_from_ecpf || state.capabilities.eswitch().ecpf_vport_exists() {
        add(ECPF_VPORT, VportKind::Unmarked);
    }
    add(UPLINK_VPORT, VportKind::Unmarked);
}

/// How a vport's function is named in queries of its capabilities (`mlx5_esw_vport_caps_get`).
pub(crate) fn vport_function(state: &State, number: u16) -> OtherFunction {
    let by_vhca_id = state.capabilities.general_2().function_id_type_vhca_id();
    let known = state.eswitch.vports.get(&number).and_then(|vport| vport.vhca_id);
    if let (true, Some(vhca_id)) = (by_vhca_id, known) {
        return OtherFunction {
            id: vhca_id.0,
            ec_vf: false,
            is_vhca_id: true,
        };
    }
    if is_ec_vf(state, number) {
        let id = number.wrapping_sub(ec_vf_base(state)).wrapping_add(1);
        return OtherFunction {
            id,
            ec_vf: true,
            is_vhca_id: false,
        };
    }
    OtherFunction {
        id: number,
        ec_vf: false,
        is_vhca_id: false,
    }
}

/// Whether a vport is one of the embedded CPU's VFs.
pub(super) fn is_ec_vf(state: &State, number: u16) -> bool {
    let base = ec_vf_base(state);
    base != 0 && (base..base.saturating_add(state.sriov.max_ec_vfs())).contains(&number)
}

/// Whether commands about a vport must say that it is another one (a PF's own is the only one that is not).
pub(super) fn is_other(state: &State, number: u16) -> bool {
    number != PF_VPORT || is_ecpf(state)
}
