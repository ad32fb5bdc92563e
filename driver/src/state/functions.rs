//! What the state says of the driver's function among others: who manages the eswitch, and how a vport's function is named.

use super::State;
use super::capabilities::OtherFunction;
use super::eswitch::{ECPF_VPORT, PF_VPORT};
use prm::EswitchMode;

/// Whether there is an eswitch object.
pub(crate) fn exists(state: &State) -> bool {
    *state.eswitch.exists
}

/// Whether the driver runs on the embedded CPU.
pub(crate) fn is_ecpf(state: &State) -> bool {
    state.interface.is_ecpf()
}

/// Whether the device is in its error state.
pub(crate) fn is_in_error(state: &State) -> bool {
    state.interface.in_error()
}

/// Whether the driver may change the eswitch (`mlx5_esw_allowed`).
pub(crate) fn is_allowed(state: &State) -> bool {
    *state.eswitch.exists && state.capabilities.general().eswitch_manager()
}

/// Whether the driver manages the eswitch from the embedded CPU (`mlx5_core_is_ecpf_esw_manager`).
pub(crate) fn is_ecpf_manager(state: &State) -> bool {
    is_ecpf(state) && state.capabilities.general().eswitch_manager()
}

/// The eswitch's mode.
pub(crate) fn mode_of(state: &State) -> EswitchMode {
    *state.eswitch.mode
}

/// Whether the forwarding database exists.
pub(crate) fn has_fdb(state: &State) -> bool {
    *state.eswitch.fdb_created
}

/// Whether this is an embedded CPU that manages the eswitch of a host with functions.
pub(crate) fn has_host_functions(state: &State) -> bool {
    is_ecpf_manager(state) && *state.eswitch.host_functions
}

/// The vport by which the manager itself is known.
pub(crate) fn manager_vport(state: &State) -> u16 {
    if is_ecpf_manager(state) {
        ECPF_VPORT
    } else {
        PF_VPORT
    }
}

/// Whether the embedded CPU may have VFs of its own.
pub(crate) fn has_ec_sriov(state: &State) -> bool {
    ec_vf_base(state) != 0
}

/// The first vport of the embedded CPU's VFs, 0 without such.
pub(crate) fn ec_vf_base(state: &State) -> u16 {
    if is_ecpf(state) {
        state.capabilities.general_2().ec_vf_vport_base()
    } else {
        0
    }
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
pub(crate) fn is_ec_vf(state: &State, number: u16) -> bool {
    let base = ec_vf_base(state);
    base != 0 && (base..base.saturating_add(state.sriov.max_ec_vfs())).contains(&number)
}

/// Whether commands about a vport must say that it is another one (a PF's own is the only one that is not).
pub(crate) fn is_other(state: &State, number: u16) -> bool {
    number != PF_VPORT || is_ecpf(state)
}
