//! Vports: the context of the network interface behind one, and its link state.

use crate::command::{Command, StatusOutput, commands};
use crate::layout;
use crate::opcode::Opcode;

layout! {
    /// Input of QUERY_NIC_VPORT_CONTEXT (PRM "QUERY_NIC_VPORT_CONTEXT"; `mlx5_query_nic_vport_context`).
    pub struct QueryNicVportContextIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The query is for another vport than the own one.
        other_vport: 1,
        _: 15,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 5,
        /// Which list follows the context: 0 unicast addresses, 1 multicast addresses, 2 VLANs.
        allowed_list_type: 3,
        _: 24,
    }
}

layout! {
    /// Output of QUERY_NIC_VPORT_CONTEXT without the [`NicVportContext`], which follows from byte 16, and its
    /// list, which follows from byte 272.
    pub struct QueryNicVportContextOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 64,
    }
}

layout! {
    /// Input of MODIFY_NIC_VPORT_CONTEXT without the [`NicVportContext`], which follows from byte 256 (PRM
    /// "MODIFY_NIC_VPORT_CONTEXT"; `mlx5_modify_nic_vport_mtu`). The `select` bits tell which of the
    /// context's fields count.
    pub struct ModifyNicVportContextIn: 256 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The values are for another vport than the own one.
        other_vport: 1,
        _: 15,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 18,
        /// Affiliation to another function.
        select_affiliation: 1,
        _: 1,
        /// `disable_uc_local_lb`.
        select_disable_uc_local_lb: 1,
        /// `disable_mc_local_lb`.
        select_disable_mc_local_lb: 1,
        /// `node_guid`.
        select_node_guid: 1,
        /// `port_guid`.
        select_port_guid: 1,
        /// `min_wqe_inline_mode`.
        select_min_inline: 1,
        /// `mtu`.
        select_mtu: 1,
        /// `arm_change_event` and the `event_on` bits.
        select_change_event: 1,
        /// The `promisc` bits.
        select_promisc: 1,
        /// `permanent_address`.
        select_permanent_address: 1,
        /// The list.
        select_addresses_list: 1,
        /// `roce_en`.
        select_roce_en: 1,
        _: 1921,
    }
}

layout! {
    /// What the device knows of the network interface behind a vport, without the list of addresses or VLANs
    /// that follows it (PRM "NIC_Vport_Context"; `arm_vport_context_events_cmd`).
    pub struct NicVportContext: 256 {
        _: 5,
        /// How much of a packet's header must be inline.
        min_wqe_inline_mode: 3,
        _: 21,
        /// No loopback of multicast packets.
        disable_mc_local_lb: 1,
        /// No loopback of unicast packets.
        disable_uc_local_lb: 1,
        /// RDMA over Ethernet is on.
        roce_en: 1,
        /// The next change of a kind named below posts NIC_VPORT_CHANGE.
        arm_change_event: 1,
        _: 26,
        /// Event when the MTU changes.
        event_on_mtu: 1,
        /// Event when a `promisc` bit changes.
        event_on_promisc_change: 1,
        /// Event when the list of VLANs changes.
        event_on_vlan_change: 1,
        /// Event when the list of multicast addresses changes.
        event_on_mc_address_change: 1,
        /// Event when the list of unicast addresses changes.
        event_on_uc_address_change: 1,
        /// Kind of number in `affiliated_vhca_id`.
        vhca_id_type: 1,
        _: 11,
        /// How the vport is affiliated.
        affiliation_criteria: 4,
        /// Function the vport is affiliated to.
        affiliated_vhca_id: 16,
        _: 208,
        /// Longest packet in bytes.
        mtu: 16,
        /// GUID of the system.
        system_image_guid: 64,
        /// GUID of the port.
        port_guid: 64,
        /// GUID of the node.
        node_guid: 64,
        _: 1408,
        /// Takes all unicast packets.
        promisc_uc: 1,
        /// Takes all multicast packets.
        promisc_mc: 1,
        /// Takes all packets.
        promisc_all: 1,
        _: 2,
        /// Kind of the list: 0 unicast addresses, 1 multicast addresses, 2 VLANs.
        allowed_list_type: 3,
        _: 8,
        /// Number of entries of the list.
        allowed_list_size: 16,
        _: 16,
        /// First two bytes of the permanent MAC address.
        permanent_address_47_32: 16,
        /// Last four bytes of the permanent MAC address.
        permanent_address_31_0: 32,
        _: 32,
    }
}

layout! {
    /// One entry of a vport's list of addresses.
    pub struct MacAddressEntry: 8 {
        _: 16,
        /// First two bytes of the MAC address.
        address_47_32: 16,
        /// Last four bytes of the MAC address.
        address_31_0: 32,
    }
}

layout! {
    /// Input of QUERY_VPORT_STATE (PRM "QUERY_VPORT_STATE"; `mlx5_query_vport_state`). The operation modifier
    /// is 0 for the network interface's side, 1 for the eswitch's, 2 for the uplink.
    pub struct QueryVportStateIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The query is for another vport than the own one.
        other_vport: 1,
        _: 15,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 32,
    }
}

layout! {
    /// Output of QUERY_VPORT_STATE.
    pub struct QueryVportStateOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 32,
        /// Speed limit in units of 100 Mbit/s; 0 if there is none.
        max_tx_speed: 16,
        _: 8,
        /// State that was asked for: 0 down, 1 up, 2 as the uplink.
        admin_state: 4,
        /// State: 0 down, 1 up.
        state: 4,
    }
}

layout! {
    /// Input of MODIFY_VPORT_STATE (PRM "MODIFY_VPORT_STATE"; `mlx5_modify_vport_admin_state`). The operation
    /// modifier is that of QUERY_VPORT_STATE.
    pub struct ModifyVportStateIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The state is for another vport than the own one.
        other_vport: 1,
        _: 15,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        /// Speed limit in units of 100 Mbit/s; 0 if there is none.
        max_tx_speed: 16,
        /// Connects the way into the eswitch.
        ingress_connect: 1,
        /// Connects the way out of the eswitch.
        egress_connect: 1,
        /// `ingress_connect` counts.
        ingress_connect_valid: 1,
        /// `egress_connect` counts.
        egress_connect_valid: 1,
        _: 4,
        /// State asked for: 0 down, 1 up, 2 as the uplink.
        admin_state: 4,
        _: 4,
    }
}

/// Byte offset of the [`NicVportContext`] in the output of QUERY_NIC_VPORT_CONTEXT.
pub const QUERY_CONTEXT_OFFSET: usize = 16;

/// Byte offset of the [`NicVportContext`] in the input of MODIFY_NIC_VPORT_CONTEXT.
pub const MODIFY_CONTEXT_OFFSET: usize = 256;

layout! {
    /// Input of MODIFY_ESW_VPORT_CONTEXT without the [`EswVportContext`], which follows from byte 16 (PRM
    /// "MODIFY_ESW_VPORT_CONTEXT"; `mlx5_eswitch_modify_esw_vport_context`). The `select` bits tell which of the
    /// context's fields count.
    pub struct ModifyEswVportContextIn: 16 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The values are for another vport than the own one.
        other_vport: 1,
        _: 15,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 27,
        /// `fdb_to_vport_reg_c_id`.
        select_fdb_to_vport_reg_c_id: 1,
        /// `cvlan_insert` and the customer's tag.
        select_cvlan_insert: 1,
        /// `svlan_insert` and the service provider's tag.
        select_svlan_insert: 1,
        /// `cvlan_strip`.
        select_cvlan_strip: 1,
        /// `svlan_strip`.
        select_svlan_strip: 1,
    }
}

layout! {
    /// What the eswitch does with the packets of a vport (PRM "Eswitch Vport Context";
    /// `esw_set_passing_vport_metadata`).
    pub struct EswVportContext: 256 {
        /// Metadata goes from the FDB to the vport.
        fdb_to_vport_reg_c: 1,
        _: 2,
        /// The service provider's tag is removed.
        svlan_strip: 1,
        /// The customer's tag is removed.
        cvlan_strip: 1,
        /// A service provider's tag is inserted.
        svlan_insert: 1,
        /// Whether and how a customer's tag is inserted.
        cvlan_insert: 2,
        /// Which registers go from the FDB to the vport, a bit for each.
        fdb_to_vport_reg_c_id: 8,
        _: 48,
        /// The service provider's tag: priority, drop indicator and VLAN.
        svlan: 16,
        /// The customer's tag: priority, drop indicator and VLAN.
        cvlan: 16,
        _: 1952,
    }
}

commands! {
    /// Reads the function's side of a vport; context and list follow the output's head.
    QueryNicVportContext: Opcode::QueryNicVportContext, QueryNicVportContextIn => QueryNicVportContextOut [16, 272];
    /// Writes the function's side of a vport; context and list follow the input's head.
    ModifyNicVportContext: Opcode::ModifyNicVportContext, ModifyNicVportContextIn => StatusOutput [512, 16];
    /// Reads the state of a vport.
    QueryVportState: Opcode::QueryVportState, QueryVportStateIn => QueryVportStateOut;
    /// Writes the state of a vport.
    ModifyVportState: Opcode::ModifyVportState, ModifyVportStateIn => StatusOutput;
    /// Reads the eswitch's side of a vport; the context follows the output's head.
    QueryEswVportContext: Opcode::QueryEswVportContext, QueryNicVportContextIn => QueryNicVportContextOut [16, 272];
    /// Writes the eswitch's side of a vport; the context follows the input's head.
    ModifyEswVportContext: Opcode::ModifyEswVportContext, ModifyEswVportContextIn => StatusOutput [272, 16];
}
