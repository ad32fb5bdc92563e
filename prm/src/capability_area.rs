//! The capability areas, 4096 bytes each.
//!
//! Only the fields that page management, events, functions and the eswitch depend on are declared; every
//! other byte is kept as it is. (PRM "HCA Capabilities"; `handle_hca_cap`, `mlx5_query_hca_caps`.)

mod network;

pub use network::{
    EswitchFlowTableCapabilities, EthernetCapabilities, FlowTableProperties, NicFlowTableCapabilities,
};

use crate::layout;

layout! {
    /// The device in general, type 0.
    pub large struct GeneralCapabilities: 4096 {
        _: 6,
        /// The firmware never asks for pages by event; the driver makes no event queue for them.
        page_request_disable: 1,
        _: 25,
        /// [`GeneralCapabilities2`] can be queried.
        hca_cap_2: 1,
        _: 1,
        /// The register of default time-outs can be read.
        dtor: 1,
        /// Event when another function is asked to tear down.
        event_on_vhca_state_teardown_request: 1,
        /// Event when another function comes into use.
        event_on_vhca_state_in_use: 1,
        /// Event when another function becomes active.
        event_on_vhca_state_active: 1,
        /// Event when another function becomes allocated.
        event_on_vhca_state_allocated: 1,
        /// Event when another function becomes invalid.
        event_on_vhca_state_invalid: 1,
        _: 8,
        /// [`VhcaId`](crate::VhcaId) of the function.
        vhca_id: 16,
        _: 91,
        /// Base-2 logarithm of the most queue pairs.
        log_max_qp: 5,
        _: 59,
        /// Base-2 logarithm of the most completion queues.
        log_max_cq: 5,
        /// Base-2 logarithm of the most entries of an event queue.
        log_max_eq_sz: 8,
        _: 2,
        /// Base-2 logarithm of the most memory keys.
        log_max_mkey: 6,
        _: 11,
        /// TEARDOWN_HCA can be done in haste.
        fast_teardown: 1,
        /// Base-2 logarithm of the most event queues.
        log_max_eq: 4,
        _: 16,
        /// TEARDOWN_HCA can be forced.
        force_teardown: 1,
        _: 52,
        /// A page request may release all pages of a function at once.
        release_all_pages: 1,
        _: 3,
        /// RoCE accelerators can be set.
        roce_accl: 1,
        _: 70,
        /// Size of the partition key table, as a power-of-2 code.
        pkey_table_size: 16,
        /// The function manages the vports of its group.
        vport_group_manager: 1,
        /// The function manages the VHCAs of its group.
        vhca_group_manager: 1,
        _: 4,
        /// Flow tables of the network interface can be used.
        nic_flow_table: 1,
        /// The function manages the eswitch.
        eswitch_manager: 1,
        _: 1,
        /// Register MCAM tells which management registers there are; the driver asks three times at load.
        mcam_reg: 1,
        _: 12,
        /// 0 InfiniBand, 1 Ethernet.
        port_type: 2,
        /// Number of ports.
        num_ports: 8,
        _: 3,
        /// Base-2 logarithm of the longest message in bytes.
        log_max_msg: 5,
        _: 10,
        /// Events of type GENERAL are sent.
        general_notification_event: 1,
        _: 30,
        /// The firmware's update is coordinated by event.
        pci_sync_for_fw_update_event: 1,
        _: 30,
        /// Checksums of the command interface: 0 none.
        cmdif_checksum: 2,
        _: 10,
        /// Ethernet with offloads: [`EthernetCapabilities`] can be queried.
        eth_net_offloads: 1,
        /// RDMA over Ethernet.
        roce: 1,
        _: 4,
        /// Completion events can be moderated.
        cq_moderation: 1,
        _: 29,
        /// UAR pages of 4096 bytes.
        uar_4k: 1,
        _: 9,
        /// Base-2 logarithm of the UAR space in MiB.
        uar_size: 6,
        _: 8,
        /// Base-2 logarithm of the smallest page the device can address.
        log_page_size: 8,
        _: 1,
        /// The driver may tell its version.
        driver_version: 1,
        _: 9,
        /// Base-2 logarithm of a BlueFlame register in bytes.
        log_bf_reg_size: 5,
        _: 32,
        /// Longest send work request in bytes.
        max_wqe_sz_sq: 16,
        /// How the page commands name functions. Maximum: VHCA ids are possible. Set: VHCA ids are in use.
        icm_mng_function_id_mode: 1,
        _: 15,
        /// Longest receive work request in bytes.
        max_wqe_sz_rq: 16,
        _: 32,
        /// Most entries of QUERY_ESW_FUNCTIONS in its second layout.
        query_host_net_function_num_max: 5,
        _: 80,
        /// For a reset of firmware a function is reset by its bridge's bus, where register MFRL says so.
        pcie_reset_using_hotreset_method: 1,
        /// The firmware's update has drivers unload.
        pci_sync_for_fw_update_with_driver_unload: 1,
        _: 44,
        /// Base-2 logarithm of the most receive queues.
        log_max_rq: 5,
        _: 3,
        /// Base-2 logarithm of the most send queues.
        log_max_sq: 5,
        _: 3,
        /// Base-2 logarithm of the most transport interfaces for receiving.
        log_max_tir: 5,
        _: 3,
        /// Base-2 logarithm of the most transport interfaces for sending.
        log_max_tis: 5,
        _: 11,
        /// Base-2 logarithm of the most tables of receive queues.
        log_max_rqt: 5,
        _: 3,
        /// Base-2 logarithm of the most entries of a table of receive queues.
        log_max_rqt_size: 5,
        _: 10,
        /// `log_max_current_uc_list` may be written.
        log_max_current_uc_list_wr_supported: 1,
        _: 61,
        /// Events tell of changes of another vport's context.
        nic_vport_change_event: 1,
        _: 9,
        /// The states of other functions can be queried and set.
        vhca_state: 1,
        /// Base-2 logarithm of a vport's most VLANs.
        log_max_vlan_list: 5,
        _: 3,
        /// Base-2 logarithm of a vport's most multicast addresses.
        log_max_current_mc_list: 5,
        _: 2,
        /// QUERY_ESW_FUNCTIONS knows its second layout.
        query_host_net_function_v1: 1,
        /// Base-2 logarithm of a vport's most unicast addresses.
        log_max_current_uc_list: 5,
        _: 112,
        /// Most event queues; counts instead of `log_max_eq` if not 0.
        max_num_eqs: 16,
        _: 3,
        /// Base-2 logarithm of the size of the table of layer-2 addresses.
        log_max_l2_table: 5,
        _: 8,
        /// Base-2 logarithm of the UAR page size, in units of 4096 bytes.
        log_uar_page_sz: 16,
        _: 32,
        /// Frequency of the device's clock in MHz.
        device_frequency_mhz: 32,
        /// Frequency of the device's clock in kHz; 0 if there is none to read.
        device_frequency_khz: 32,
        _: 32,
        /// UARs in a page of the host.
        num_of_uars_per_page: 32,
        _: 200,
        /// Port the function belongs to.
        native_port_num: 8,
        /// Ports that the function can be bound to at once.
        num_vhca_ports: 8,
        _: 6,
        /// INIT_HCA takes the number of the software owner.
        sw_owner_id: 1,
        _: 33,
        /// Most subfunctions.
        max_num_sf: 16,
        _: 48,
        /// Subfunctions can be used.
        sf: 1,
        /// Subfunctions can be put into partitions.
        sf_set_partition: 1,
        _: 1,
        /// Base-2 logarithm of the most subfunctions.
        log_max_sf: 5,
        _: 8,
        /// Base-2 logarithm of a subfunction's register window, in units of 4096 bytes.
        log_min_sf_size: 8,
        /// Most partitions of subfunctions.
        max_num_sf_partitions: 8,
        _: 80,
        /// Function id of the first subfunction.
        sf_base_id: 16,
        _: 30976,
    }
}

layout! {
    /// The device in general, continued: type 0x20.
    pub large struct GeneralCapabilities2: 4096 {
        _: 210,
        /// Subfunctions' event queues are counted on their own.
        sf_eq_usage: 1,
        _: 334,
        /// INIT_HCA takes `sw_vhca_id`.
        sw_vhca_id_valid: 1,
        /// Number the host gave the function.
        sw_vhca_id: 14,
        _: 352,
        /// First vport of the embedded CPU's VFs; not 0 says that there may be such.
        ec_vf_vport_base: 16,
        _: 168,
        /// Most event queues, where 16 bits do not hold the number.
        max_num_eqs_24b: 24,
        _: 352,
        /// QUERY_DELEGATED_VHCA can be used.
        query_adjacent_functions_id: 1,
        /// The two directions of a vport can be connected one by one.
        ingress_egress_esw_vport_connect: 1,
        /// ENABLE_HCA, DISABLE_HCA and the capability commands take VHCA ids.
        function_id_type_vhca_id: 1,
        _: 13,
        /// Bit n is set if profile n of delegated management is known.
        delegate_vhca_management_profiles: 16,
        /// Most functions delegated to this one.
        delegated_vhca_max: 16,
        /// Most functions this one may delegate.
        delegate_vhca_max: 16,
        _: 31232,
    }
}

layout! {
    /// The eswitch, type 9.
    pub large struct EswitchCapabilities: 4096 {
        /// A vport can strip service VLAN tags.
        vport_svlan_strip: 1,
        /// A vport can strip customer VLAN tags.
        vport_cvlan_strip: 1,
        /// A vport can insert service VLAN tags.
        vport_svlan_insert: 1,
        /// A vport can insert a customer VLAN tag where there is none.
        vport_cvlan_insert_if_not_exist: 1,
        /// A vport can overwrite the customer VLAN tag.
        vport_cvlan_insert_overwrite: 1,
        _: 20,
        /// Events tell of changed functions.
        esw_functions_changed: 1,
        _: 1,
        /// The embedded CPU has a vport.
        ecpf_vport_exists: 1,
        _: 1,
        /// The eswitches of several ports can be merged.
        merged_eswitch: 1,
        /// Another vport's node GUID can be written.
        nic_vport_node_guid_modify: 1,
        /// Another vport's port GUID can be written.
        nic_vport_port_guid_modify: 1,
        _: 11,
        /// Base-2 logarithm of the most packet reformats.
        log_max_packet_reformat_context: 5,
        _: 6,
        /// Longest header of an encapsulation in bytes.
        max_encap_header_size: 10,
        _: 11,
        /// Base-2 logarithm of the most subfunctions of the eswitch.
        log_max_esw_sf: 5,
        /// Function id of the eswitch's first subfunction.
        esw_sf_base_id: 16,
        _: 32672,
    }
}
