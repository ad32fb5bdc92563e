//! Flow tables, groups and entries, as far as the eswitch's set-up needs them: what is created, where, by
//! which number.
//!
//! Matches and actions are not declared; their bytes are kept as they are.

use crate::command::{Command, StatusOutput, commands};
use crate::layout;
use crate::opcode::Opcode;
use crate::raw_enum::raw_enum;

raw_enum! {
    /// Kind of a flow table (PRM "CREATE_FLOW_TABLE"; `enum fs_flow_table_type`).
    pub enum FlowTableType: u8 {
        /// Receiving side of the network interface.
        NicReceive = 0x0 "NIC_RX",
        /// Sending side of the network interface.
        NicTransmit = 0x1 "NIC_TX",
        /// Egress of a vport.
        EswitchEgress = 0x2 "ESW_EGRESS_ACL",
        /// Ingress of a vport.
        EswitchIngress = 0x3 "ESW_INGRESS_ACL",
        /// Forwarding database of the eswitch.
        Fdb = 0x4 "FDB",
    }
}

layout! {
    /// Input of CREATE_FLOW_TABLE (PRM "CREATE_FLOW_TABLE"; `mlx5_cmd_create_flow_table`).
    pub struct CreateFlowTableIn: 64 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The table is that of another vport.
        other_vport: 1,
        /// The table is that of another eswitch.
        other_eswitch: 1,
        _: 14,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 32,
        /// [`FlowTableType`] of the table.
        table_type: 8,
        _: 8,
        /// [`VhcaId`](crate::VhcaId) of the other eswitch's manager.
        eswitch_owner_vhca_id: 16,
        _: 32,
        /// Entries may reformat packets.
        reformat_en: 1,
        /// Entries may decapsulate packets.
        decap_en: 1,
        /// The driver writes the entries itself.
        software_owned: 1,
        /// Packets end here.
        termination_table: 1,
        /// What happens to a packet that no entry matches: 0 default, 1 goes on in another table.
        miss_action: 4,
        /// Level; a flow goes on only in tables of a higher one.
        level: 8,
        _: 8,
        /// Base-2 logarithm of the number of entries.
        log_size: 8,
        _: 8,
        /// Table a missed packet goes on in.
        miss_table_id: 24,
        _: 256,
    }
}

layout! {
    /// Output of CREATE_FLOW_TABLE.
    pub struct CreateFlowTableOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 8,
        /// Number of the new table.
        table_id: 24,
        _: 32,
    }
}

layout! {
    /// Input of DESTROY_FLOW_TABLE (PRM "DESTROY_FLOW_TABLE"; `mlx5_cmd_destroy_flow_table`).
    pub struct DestroyFlowTableIn: 64 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The table is that of another vport.
        other_vport: 1,
        /// The table is that of another eswitch.
        other_eswitch: 1,
        _: 14,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 32,
        /// [`FlowTableType`] of the table.
        table_type: 8,
        _: 8,
        /// [`VhcaId`](crate::VhcaId) of the other eswitch's manager.
        eswitch_owner_vhca_id: 16,
        _: 8,
        /// Table to destroy.
        table_id: 24,
        _: 320,
    }
}

layout! {
    /// Head of the input of CREATE_FLOW_GROUP; the match follows up to 1024 bytes (PRM "CREATE_FLOW_GROUP";
    /// `mlx5_cmd_create_flow_group`).
    pub struct CreateFlowGroupIn: 64 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The table is that of another vport.
        other_vport: 1,
        /// The table is that of another eswitch.
        other_eswitch: 1,
        _: 14,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 32,
        /// [`FlowTableType`] of the table.
        table_type: 8,
        _: 4,
        /// Kind of the group.
        group_type: 4,
        /// [`VhcaId`](crate::VhcaId) of the other eswitch's manager.
        eswitch_owner_vhca_id: 16,
        _: 8,
        /// Table the group belongs to.
        table_id: 24,
        _: 32,
        /// First entry of the group.
        start_flow_index: 32,
        _: 32,
        /// Last entry of the group.
        end_flow_index: 32,
        _: 184,
        /// Which parts of the match count.
        match_criteria_enable: 8,
    }
}

layout! {
    /// Output of CREATE_FLOW_GROUP.
    pub struct CreateFlowGroupOut: 16 {
        /// [`CommandStatus`](crate::CommandStatus) of the command.
        status: 8,
        _: 24,
        /// [`Syndrome`](crate::Syndrome): the firmware's own code for a failure.
        syndrome: 32,
        _: 8,
        /// Number of the new group.
        group_id: 24,
        _: 32,
    }
}

layout! {
    /// Input of DESTROY_FLOW_GROUP (PRM "DESTROY_FLOW_GROUP"; `mlx5_cmd_destroy_flow_group`).
    pub struct DestroyFlowGroupIn: 64 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The table is that of another vport.
        other_vport: 1,
        /// The table is that of another eswitch.
        other_eswitch: 1,
        _: 14,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 32,
        /// [`FlowTableType`] of the table.
        table_type: 8,
        _: 8,
        /// [`VhcaId`](crate::VhcaId) of the other eswitch's manager.
        eswitch_owner_vhca_id: 16,
        _: 8,
        /// Table the group belongs to.
        table_id: 24,
        /// Group to destroy.
        group_id: 32,
        _: 288,
    }
}

layout! {
    /// Input of SET_FLOW_TABLE_ROOT (PRM "SET_FLOW_TABLE_ROOT"; `mlx5_cmd_update_root_ft`).
    pub struct SetFlowTableRootIn: 64 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The tables are those of another vport.
        other_vport: 1,
        /// The tables are those of another eswitch.
        other_eswitch: 1,
        _: 14,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 16,
        /// [`VhcaId`](crate::VhcaId) of the other eswitch's manager.
        eswitch_owner_vhca_id: 16,
        /// [`FlowTableType`] of the table.
        table_type: 8,
        _: 7,
        /// The table is one of another vport.
        table_of_other_vport: 1,
        /// [`VportNumber`](crate::VportNumber) of the table.
        table_vport_number: 16,
        _: 8,
        /// Table to begin with.
        table_id: 24,
        _: 8,
        /// Queue pair the table is for.
        underlay_qpn: 24,
        _: 288,
    }
}

layout! {
    /// Head of the input of SET_FLOW_TABLE_ENTRY; match and actions follow (PRM "SET_FLOW_TABLE_ENTRY";
    /// `mlx5_cmd_set_fte`).
    pub struct SetFlowTableEntryIn: 64 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The table is that of another vport.
        other_vport: 1,
        /// The table is that of another eswitch.
        other_eswitch: 1,
        _: 14,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 32,
        /// [`FlowTableType`] of the table.
        table_type: 8,
        _: 8,
        /// [`VhcaId`](crate::VhcaId) of the other eswitch's manager.
        eswitch_owner_vhca_id: 16,
        _: 8,
        /// Table the entry belongs to.
        table_id: 24,
        /// The entry may go on in a table of any level.
        ignore_flow_level: 1,
        _: 23,
        /// Which parts of an existing entry change.
        modify_enable_mask: 8,
        _: 32,
        /// The entry.
        flow_index: 32,
        _: 224,
    }
}

layout! {
    /// Input of DELETE_FLOW_TABLE_ENTRY (PRM "DELETE_FLOW_TABLE_ENTRY"; `mlx5_cmd_delete_fte`).
    pub struct DeleteFlowTableEntryIn: 64 {
        /// [`Opcode`] of the command.
        opcode: 16,
        /// User context that issues the command; 0 for the kernel.
        uid: 16,
        _: 16,
        /// Operation modifier.
        op_mod: 16,
        /// The table is that of another vport.
        other_vport: 1,
        /// The table is that of another eswitch.
        other_eswitch: 1,
        _: 14,
        /// [`VportNumber`](crate::VportNumber) of the other vport.
        vport_number: 16,
        _: 32,
        /// [`FlowTableType`] of the table.
        table_type: 8,
        _: 8,
        /// [`VhcaId`](crate::VhcaId) of the other eswitch's manager.
        eswitch_owner_vhca_id: 16,
        _: 8,
        /// Table the entry belongs to.
        table_id: 24,
        _: 64,
        /// The entry.
        flow_index: 32,
        _: 224,
    }
}

commands! {
    /// Creates a flow table.
    CreateFlowTable: Opcode::CreateFlowTable, CreateFlowTableIn => CreateFlowTableOut;
    /// Destroys a flow table.
    DestroyFlowTable: Opcode::DestroyFlowTable, DestroyFlowTableIn => StatusOutput;
    /// Creates a group of flows; the match follows the input's head.
    CreateFlowGroup: Opcode::CreateFlowGroup, CreateFlowGroupIn => CreateFlowGroupOut [1024, 16];
    /// Destroys a group of flows.
    DestroyFlowGroup: Opcode::DestroyFlowGroup, DestroyFlowGroupIn => StatusOutput;
    /// Chooses the root flow table.
    SetFlowTableRoot: Opcode::SetFlowTableRoot, SetFlowTableRootIn => StatusOutput;
    /// Writes a flow; match and actions follow the input's head.
    SetFlowTableEntry: Opcode::SetFlowTableEntry, SetFlowTableEntryIn => StatusOutput;
    /// Removes a flow.
    DeleteFlowTableEntry: Opcode::DeleteFlowTableEntry, DeleteFlowTableEntryIn => StatusOutput;
}
