//! The objects of all vports that can be.

use crate::state::State;
use crate::state::eswitch::{ECPF_VPORT, PF_VPORT, UPLINK_VPORT, Vport, VportKind};
use std::ops::Range;

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
    if !ecpf || *state.eswitch.host_functions {
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
