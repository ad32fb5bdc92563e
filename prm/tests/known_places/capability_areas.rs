//! The capability commands and the areas they carry.

use super::{check, check_input, check_output};
use mlx5_prm::capability::*;
use mlx5_prm::capability_area::*;

#[test]
fn capability_commands() {
    let function = [
        ("other_function", 8, 31, 31),
        ("ec_vf_function", 8, 30, 30),
        ("function_id_type", 8, 28, 28),
        ("function_id", 8, 15, 0),
    ];
    check_input::<QueryHcaCapIn>(16, &function);
    check_output::<QueryHcaCapOut>(16, &[]);
    check_input::<SetHcaCapIn>(16, &function);
}

#[test]
fn general_capabilities() {
    check::<GeneralCapabilities>(
        4096,
        &[
            ("page_request_disable", 0, 25, 25),
            ("hca_cap_2", 4, 31, 31),
            ("vhca_id", 4, 15, 0),
            ("log_max_eq", 7 * 4, 3, 0),
            ("release_all_pages", 10 * 4, 26, 26),
            ("vport_group_manager", 13 * 4, 31, 31),
            ("nic_flow_table", 13 * 4, 25, 25),
            ("eswitch_manager", 13 * 4, 24, 24),
            ("port_type", 13 * 4, 9, 8),
            ("num_ports", 13 * 4, 7, 0),
            ("cmdif_checksum", 16 * 4, 15, 14),
            ("eth_net_offloads", 16 * 4, 3, 3),
            ("uar_4k", 18 * 4, 31, 31),
            ("log_bf_reg_size", 19 * 4, 20, 16),
            ("icm_mng_function_id_mode", 0x54, 31, 31),
            ("query_host_net_function_num_max", 23 * 4, 31, 27),
            ("log_max_rq", 27 * 4, 28, 24),
            ("log_max_sq", 27 * 4, 20, 16),
            ("log_max_tir", 27 * 4, 12, 8),
            ("log_max_tis", 27 * 4, 4, 0),
            ("log_max_rqt", 28 * 4, 20, 16),
            ("log_max_rqt_size", 28 * 4, 12, 8),
            ("vhca_state", 31 * 4, 21, 21),
            ("log_max_current_mc_list", 31 * 4, 12, 8),
            ("query_host_net_function_v1", 31 * 4, 5, 5),
            ("log_max_current_uc_list", 31 * 4, 4, 0),
            ("max_num_eqs", 35 * 4, 15, 0),
            ("log_max_l2_table", 36 * 4, 28, 24),
            ("device_frequency_khz", 39 * 4, 31, 0),
            ("num_of_uars_per_page", 41 * 4, 31, 0),
            ("num_vhca_ports", 48 * 4, 15, 8),
            ("max_num_sf", 50 * 4, 31, 16),
            ("sf", 52 * 4, 31, 31),
            ("log_min_sf_size", 52 * 4, 15, 8),
            ("sf_base_id", 55 * 4, 15, 0),
        ],
    );
    check::<GeneralCapabilities2>(
        4096,
        &[
            ("sw_vhca_id_valid", 17 * 4, 30, 30),
            ("ec_vf_vport_base", 28 * 4, 15, 0),
            ("max_num_eqs_24b", 34 * 4, 23, 0),
            ("function_id_type_vhca_id", 46 * 4, 29, 29),
        ],
    );
}

#[test]
fn eswitch_and_flow_capabilities() {
    check::<EswitchCapabilities>(4096, &[("ecpf_vport_exists", 0, 4, 4)]);
    check::<FlowTableProperties>(
        64,
        &[
            ("ft_support", 0, 31, 31),
            ("flow_counter", 0, 29, 29),
            ("flow_modify_en", 0, 28, 28),
            ("modify_root", 0, 27, 27),
            ("identified_miss_table_mode", 0, 26, 26),
            ("flow_table_modify", 0, 25, 25),
            ("log_max_ft_size", 4, 29, 24),
            ("max_ft_level", 4, 7, 0),
        ],
    );
    let properties = FlowTableProperties::new()
        .with_ft_support(true)
        .with_max_ft_level(64);
    let mut eswitch = EswitchFlowTableCapabilities::new();
    eswitch.set_fdb(&properties);
    assert_eq!(eswitch.fdb(), properties);
    assert_eq!(eswitch.as_bytes()[0x40..0x48], [0x80, 0, 0, 0, 0, 0, 0, 64]);
    let mut nic = NicFlowTableCapabilities::new();
    nic.set_receive(&properties);
    assert_eq!(nic.as_bytes()[0x40..0x48], [0x80, 0, 0, 0, 0, 0, 0, 64]);
    check::<EthernetCapabilities>(
        4096,
        &[
            ("csum_cap", 0, 31, 31),
            ("vlan_cap", 0, 30, 30),
            ("self_lb_en_modifiable", 0, 23, 23),
            ("max_lso_cap", 0, 20, 16),
            ("rss_ind_tbl_cap", 0, 11, 8),
        ],
    );
}
