//! The capability areas that tell what becomes of packets: flow tables and Ethernet.

use crate::layout;
use crate::layout_macro::nested;

layout! {
    /// What one kind of flow table can do, a part of the flow table areas.
    pub struct FlowTableProperties: 64 {
        /// There are such tables.
        ft_support: 1,
        _: 1,
        /// Flows can be counted.
        flow_counter: 1,
        /// A flow's action can be changed.
        flow_modify_en: 1,
        /// The root table can be chosen.
        modify_root: 1,
        /// The table for a miss can be named.
        identified_miss_table_mode: 1,
        /// A table can be changed.
        flow_table_modify: 1,
        /// Packets can be reformatted.
        reformat: 1,
        /// Packets can be decapsulated.
        decap: 1,
        /// The root table can be reset.
        reset_root_to_default: 1,
        /// A VLAN tag can be removed.
        pop_vlan: 1,
        /// A VLAN tag can be added.
        push_vlan: 1,
        _: 9,
        /// A flow may go on in a table of any level.
        ignore_flow_level: 1,
        _: 12,
        /// Base-2 logarithm of the most entries of a table.
        log_max_ft_size: 6,
        /// Base-2 logarithm of the most header changes.
        log_max_modify_header_context: 8,
        /// Most actions of one header change.
        max_modify_header_actions: 8,
        /// Highest level of a table.
        max_ft_level: 8,
        _: 56,
        /// Base-2 logarithm of the most tables.
        log_max_ft_num: 8,
        _: 16,
        /// Base-2 logarithm of the most flow counters.
        log_max_flow_counter: 8,
        /// Base-2 logarithm of the most destinations of a flow.
        log_max_destination: 8,
        _: 24,
        /// Base-2 logarithm of the most flows.
        log_max_flow: 8,
        _: 64,
        /// Header fields a flow can match, first part.
        field_support_0: 64,
        /// Header fields a flow can match, second part.
        field_support_1: 64,
        /// Header fields a flow can match in part, first part.
        field_bitmask_support_0: 64,
        /// Header fields a flow can match in part, second part.
        field_bitmask_support_1: 64,
    }
}

layout! {
    /// Flow tables of the network interface, type 7. [`FlowTableProperties`] of the receiving side lie at
    /// byte 0x40, those of the sending side at byte 0x100.
    pub large struct NicFlowTableCapabilities: 4096 {
        /// A flow may go to several receivers.
        nic_rx_multi_path_tirs: 1,
        /// A flow may go to several receivers and tables.
        nic_rx_multi_path_tirs_fts: 1,
        _: 41,
        /// Base-2 logarithm of the most packet reformats.
        log_max_packet_reformat_context: 5,
        _: 6,
        /// Longest header of an encapsulation in bytes.
        max_encap_header_size: 10,
        _: 32704,
    }
}

nested!(NicFlowTableCapabilities { receive, set_receive: FlowTableProperties at 0x40 });
nested!(NicFlowTableCapabilities { transmit, set_transmit: FlowTableProperties at 0x100 });

layout! {
    /// Flow tables of the eswitch, type 8. [`FlowTableProperties`] of the forwarding database lie at byte
    /// 0x40, those of a vport's ingress at byte 0x80 and of its egress at byte 0xc0.
    pub large struct EswitchFlowTableCapabilities: 4096 {
        /// Registers that the forwarding database hands to the vport.
        fdb_to_vport_reg_c_id: 8,
        _: 15,
        /// A flow can be bound to where packets come from.
        flow_source: 1,
        _: 2,
        /// Several tables of the forwarding database can encapsulate.
        multi_fdb_encap: 1,
        /// A vport's egress can forward to another vport.
        egress_acl_forward_to_vport: 1,
        /// A flow of the forwarding database may go to several tables.
        fdb_multi_path_to_table: 1,
        _: 32739,
    }
}

nested!(EswitchFlowTableCapabilities { fdb, set_fdb: FlowTableProperties at 0x40 });
nested!(EswitchFlowTableCapabilities { ingress, set_ingress: FlowTableProperties at 0x80 });
nested!(EswitchFlowTableCapabilities { egress, set_egress: FlowTableProperties at 0xc0 });

layout! {
    /// Offloads of Ethernet, type 1.
    pub large struct EthernetCapabilities: 4096 {
        /// Checksums.
        csum_cap: 1,
        /// VLAN tags.
        vlan_cap: 1,
        /// Merging of received segments.
        lro_cap: 1,
        _: 4,
        /// A VLAN tag can be given with the work request.
        wqe_vlan_insert: 1,
        /// Loopback to the own function can be switched.
        self_lb_en_modifiable: 1,
        _: 2,
        /// Base-2 logarithm of the longest segmented send in bytes.
        max_lso_cap: 5,
        /// Several packets in one work request.
        multi_pkt_send_wqe: 2,
        /// Whether headers must be inline.
        wqe_inline_mode: 2,
        /// Base-2 logarithm of the indirection table's size.
        rss_ind_tbl_cap: 4,
        /// Memory keys can be changed through a send queue.
        reg_umr_sq: 1,
        /// The frame check sequence can be kept.
        scatter_fcs: 1,
        /// Several packets in one work request, second form.
        enhanced_multi_pkt_send_wqe: 1,
        _: 5,
        /// The host may tell where the headers are.
        swp: 1,
        _: 47,
        /// Shortest segment that is merged, in bytes.
        lro_min_mss_size: 16,
        _: 32672,
    }
}
