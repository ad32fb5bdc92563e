//! The functions an eswitch manager looks after, and the vports it creates for them.

use crate::command::{Command, ShortStatusOutput, commands};
use crate::layout;
use crate::opcode::Opcode;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Modes of the embedded switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EswitchMode {
    /// SR-IOV without offloads.
    // Forwards by MAC address and VLAN.
    #[default]
    Legacy,
    /// Offloads with representors.
    // Forwards by rules; each vport has a representor.
    Switchdev,
}

/// The mode as the kernel's log names it (`mlx5_eswitch_enable_locked`).
impl fmt::Display for EswitchMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Legacy => "LEGACY",
            Self::Switchdev => "OFFLOADS",
        })
    }
}

/// Operation modifier of QUERY_ESW_FUNCTIONS that asks for the second layout: a list of [`NetworkFunction`].
pub const ESW_FUNCTIONS_LAYOUT_V1: u16 = 0x4000;

layout! {
    /// Input of QUERY_ESW_FUNCTIONS (PRM "QUERY_ESW_FUNCTIONS"; `mlx5_esw_query_functions`). The operation
    /// modifier is 0 or [`ESW_FUNCTIONS_LAYOUT_V1`].
    pub struct QueryEswFunctionsIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 64,
    }
}

layout! {
    /// Output of QUERY_ESW_FUNCTIONS without what follows from byte 16: one [`HostFunctions`] and zeros up to
    /// 128 bytes, or in the second layout `function_count` times [`NetworkFunction`].
    pub struct QueryEswFunctionsOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 32,
        /// Number of entries in the second layout.
        function_count: 8,
        _: 24,
    }
}

/// Byte offset of the functions in the output of QUERY_ESW_FUNCTIONS.
pub const ESW_FUNCTIONS_OFFSET: usize = 16;

layout! {
    /// The host's functions in the first layout of QUERY_ESW_FUNCTIONS (PRM "Host Params Context";
    /// `mlx5_esw_query_functions`).
    pub struct HostFunctions: 64 {
        /// Host.
        host_number: 8,
        _: 5,
        /// The host has no PF.
        host_pf_not_exist: 1,
        _: 1,
        /// The host's PF is disabled.
        host_pf_disabled: 1,
        /// VFs that are enabled.
        vf_count: 16,
        /// VFs that can be enabled.
        vf_total: 16,
        /// PCI bus of the PF.
        pci_bus: 16,
        _: 16,
        /// PCI device of the PF.
        pci_device: 16,
        _: 16,
        /// PCI function of the PF.
        pci_function: 16,
        _: 384,
    }
}

/// `pf_type` of a host's PF.
pub const PF_TYPE_HOST: u8 = 0;

/// `pf_type` of a satellite PF.
pub const PF_TYPE_SATELLITE: u8 = 1;

layout! {
    /// One PF in the second layout of QUERY_ESW_FUNCTIONS (PRM "Network Function Params";
    /// `mlx5_esw_query_functions`).
    pub struct NetworkFunction: 64 {
        /// Host.
        host_number: 8,
        /// [`PF_TYPE_HOST`] or [`PF_TYPE_SATELLITE`].
        pf_type: 4,
        _: 4,
        /// VFs that are enabled.
        vf_count: 16,
        /// VFs that can be enabled.
        vf_total: 16,
        /// PCI bus.
        pci_bus: 8,
        /// PCI device and function.
        pci_device_function: 8,
        /// [`VhcaId`](crate::VhcaId) of the PF.
        vhca_id: 16,
        /// [`VhcaState`](crate::subfunction::VhcaState) of the PF.
        vhca_state: 4,
        _: 22,
        /// The eswitch manager must create the vport with CREATE_ESW_VPORT.
        esw_vport_manual: 1,
        /// `pci_bus` is valid.
        pci_bus_assigned: 1,
        /// `pci_vf_stride` and `pci_first_vf_offset` are valid.
        pci_vf_info_valid: 1,
        _: 19,
        /// Distance of VFs on the bus.
        pci_vf_stride: 16,
        /// Distance of the first VF from the PF.
        pci_first_vf_offset: 16,
        _: 352,
    }
}

layout! {
    /// Input of CREATE_ESW_VPORT (PRM "CREATE_ESW_VPORT"; `mlx5_esw_create_esw_vport`).
    pub struct CreateEswVportIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 16,
        /// [`VhcaId`](crate::VhcaId) of the function that gets a vport.
        managed_vhca_id: 16,
        _: 32,
    }
}

layout! {
    /// Output of CREATE_ESW_VPORT.
    pub struct CreateEswVportOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 48,
        /// [`VportNumber`](crate::VportNumber) of the new vport.
        vport_number: 16,
    }
}

layout! {
    /// Input of DESTROY_ESW_VPORT (PRM "DESTROY_ESW_VPORT"; `mlx5_esw_destroy_esw_vport`).
    pub struct DestroyEswVportIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 16,
        /// [`VportNumber`](crate::VportNumber) of the vport.
        vport_number: 16,
        _: 32,
    }
}

layout! {
    /// Input of QUERY_DELEGATED_VHCA (PRM "QUERY_DELEGATED_VHCA"; `mlx5_esw_adjacent_vhcas_setup`).
    pub struct QueryDelegatedVhcaIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        _: 64,
    }
}

layout! {
    /// Output of QUERY_DELEGATED_VHCA without the list of [`DelegatedVhca`], which follows from byte 32.
    pub struct QueryDelegatedVhcaOut: 32 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 48,
        /// Number of entries.
        function_count: 16,
        _: 128,
    }
}

layout! {
    /// One function whose management was delegated.
    pub struct DelegatedVhca: 32 {
        /// Host.
        host_number: 8,
        /// PCI device and function.
        pci_device_function: 8,
        /// PCI bus.
        pci_bus: 8,
        _: 3,
        /// `pci_bus` is valid.
        pci_bus_assigned: 1,
        /// Kind of function.
        function_type: 4,
        /// PCI device and function of the PF.
        parent_pci_device_function: 8,
        /// PCI bus of the PF.
        parent_pci_bus: 8,
        /// [`VhcaId`](crate::VhcaId) of the function.
        vhca_id: 16,
        _: 16,
        /// Function id.
        function_id: 16,
        _: 56,
        /// Profile of the management.
        manage_profile: 8,
        _: 96,
    }
}

commands! {
    /// Asks for the functions the eswitch manager looks after; 128 bytes in the first layout.
    QueryEswFunctions: Opcode::QueryEswFunctions, QueryEswFunctionsIn => QueryEswFunctionsOut [16, 128];
    /// Creates a vport of the eswitch.
    CreateEswVport: Opcode::CreateEswVport, CreateEswVportIn => CreateEswVportOut;
    /// Destroys a vport of the eswitch.
    DestroyEswVport: Opcode::DestroyEswVport, DestroyEswVportIn => ShortStatusOutput;
    /// Asks for the functions whose management was delegated; a list follows.
    QueryDelegatedVhca: Opcode::QueryDelegatedVhca, QueryDelegatedVhcaIn => QueryDelegatedVhcaOut;
}
