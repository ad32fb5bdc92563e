//! QUERY_HCA_CAP and SET_HCA_CAP: which capability area, in which mode, of which function.
//!
//! The areas themselves are in [`crate::capability_area`].

use crate::command::{Command, StatusOutput, commands};
use crate::layout;
use crate::opcode::Opcode;
use crate::raw_enum::raw_enum;

/// Size in bytes of every capability area.
pub const CAPABILITY_AREA_LENGTH: usize = 4096;

/// Byte offset of the area in the output of QUERY_HCA_CAP and in the input of SET_HCA_CAP.
pub const CAPABILITY_AREA_OFFSET: usize = 16;

raw_enum! {
    /// Which capability area (PRM "QUERY_HCA_CAP"; `enum mlx5_cap_type`).
    pub enum CapabilityType: u16 {
        /// The device in general.
        General = 0x00 "GENERAL",
        /// Offloads of Ethernet.
        EthernetOffloads = 0x01 "ETHERNET_OFFLOADS",
        /// Flow tables of the network interface.
        NicFlowTable = 0x07 "NIC_FLOW_TABLE",
        /// Flow tables of the eswitch.
        EswitchFlowTable = 0x08 "ESWITCH_FLOW_TABLE",
        /// The eswitch.
        Eswitch = 0x09 "ESWITCH",
        /// The device in general, continued.
        General2 = 0x20 "GENERAL_2",
    }
}

/// Whether a query is for what the device could do or for what it is set to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapabilityMode {
    /// What the device could do.
    Max,
    /// What the device is set to do.
    Current,
}

impl CapabilityType {
    /// The operation modifier of QUERY_HCA_CAP: twice the type, plus 1 for the current values.
    #[must_use]
    pub const fn op_mod(self, mode: CapabilityMode) -> u16 {
        self.raw() << 1 | matches!(mode, CapabilityMode::Current) as u16
    }

    /// Type and mode from the operation modifier of QUERY_HCA_CAP.
    #[must_use]
    pub const fn from_op_mod(op_mod: u16) -> (Self, CapabilityMode) {
        let mode = if op_mod & 1 == 1 {
            CapabilityMode::Current
        } else {
            CapabilityMode::Max
        };
        (Self::from_raw(op_mod >> 1), mode)
    }

    /// The operation modifier of SET_HCA_CAP: twice the type.
    #[must_use]
    pub const fn set_op_mod(self) -> u16 {
        self.raw() << 1
    }

    /// The type from the operation modifier of SET_HCA_CAP.
    #[must_use]
    pub const fn from_set_op_mod(op_mod: u16) -> Self {
        Self::from_raw(op_mod >> 1)
    }
}

layout! {
    /// Input of QUERY_HCA_CAP (PRM "QUERY_HCA_CAP"; `mlx5_core_get_caps_mode`,
    /// `mlx5_vport_get_other_func_cap`). The operation modifier comes from [`CapabilityType::op_mod`].
    pub struct QueryHcaCapIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The query is for another function than the one that asks.
        other_function: 1,
        /// The other function is a VF of the embedded CPU.
        ec_vf_function: 1,
        _: 1,
        /// Set: `function_id` is a VHCA id.
        function_id_type: 1,
        _: 12,
        /// The other function.
        function_id: 16,
        _: 32,
    }
}

layout! {
    /// Output of QUERY_HCA_CAP without the area, which follows from byte 16.
    pub struct QueryHcaCapOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 64,
    }
}

layout! {
    /// Input of SET_HCA_CAP without the area, which follows from byte 16 (PRM "SET_HCA_CAP"; `set_caps`). The
    /// operation modifier comes from [`CapabilityType::set_op_mod`].
    pub struct SetHcaCapIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The values are for another function than the one that asks.
        other_function: 1,
        /// The other function is a VF of the embedded CPU.
        ec_vf_function: 1,
        _: 1,
        /// Set: `function_id` is a VHCA id.
        function_id_type: 1,
        _: 12,
        /// The other function.
        function_id: 16,
        _: 32,
    }
}

commands! {
    /// Reads a capability area, which follows the output's head.
    QueryHcaCap: Opcode::QueryHcaCap, QueryHcaCapIn => QueryHcaCapOut [16, 4112];
    /// Writes a capability area, which follows the input's head.
    SetHcaCap: Opcode::SetHcaCap, SetHcaCapIn => StatusOutput [4112, 16];
}
