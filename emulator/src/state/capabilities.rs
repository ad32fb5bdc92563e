//! Which capabilities each function has, from the description of the device.
//!
//! Only what the driver's page, event, function and eswitch paths look at is offered. Everything else is zero: a
//! capability that is not offered is a command that never comes.

use crate::config::DeviceConfig;
use crate::config::{Port, SyncReset};
use crate::state::roster::{Roster, ec_vf_vport_base};
use prm::capability_area::{
    EswitchCapabilities, EswitchFlowTableCapabilities, EthernetCapabilities, FlowTableProperties,
    GeneralCapabilities, GeneralCapabilities2, NicFlowTableCapabilities,
};
use prm::saturated;
use prm::{CapabilityType, Function, PageMode};

/// A capability area as SET_HCA_CAP left it.
pub(crate) type Area = [u8; prm::capability::CAPABILITY_AREA_LENGTH];

/// log2 of the number of event queues.
pub(crate) const LOG_MAX_EQ: u8 = 7;
/// log2 of the number of queues, of transport interfaces and of tables of queues.
const LOG_MAX_QUEUES: u8 = 20;
/// log2 of the queues in one table.
const LOG_MAX_RQT_SIZE: u8 = 11;
/// log2 of an SF's register window in 4 KiB: 1 MiB.
const LOG_SF_WINDOW: u8 = 8;
/// Bytes of an SF's register window, as capability `log_min_sf_size` announces: the windows lie one after the other in BAR 2,
/// in the order of the function ids.
pub const SF_WINDOW_LENGTH: u64 = prm::ADAPTER_PAGE_SIZE << LOG_SF_WINDOW;
/// Frequency of the free-running timer in kHz: it counts nanoseconds, as [`prm::Cycles`] does.
const TIMER_KHZ: u32 = 1_000_000;
/// Highest type of a capability area that is known; areas in between that are not described are zero.
const LAST_TYPE: u16 = 0x3f;

/// The MAX area of a function; none if the type is unknown.
pub(crate) fn maximum(
    config: &DeviceConfig,
    roster: &Roster,
    function: Function,
    kind: CapabilityType,
) -> Option<Area> {
    let own = function == roster.main();
    let area = match kind {
        CapabilityType::General => *general(config, roster, function, own).as_bytes(),
        CapabilityType::General2 if own => *general_2(config).as_bytes(),
        CapabilityType::Eswitch if own && config.eswitch.manager => *eswitch(config).as_bytes(),
        CapabilityType::EswitchFlowTable if own && config.eswitch.manager => {
            *eswitch_flow_table(config).as_bytes()
        }
        CapabilityType::NicFlowTable if config.port == Port::Ethernet => *nic_flow_table().as_bytes(),
        CapabilityType::EthernetOffloads if config.port == Port::Ethernet => *ethernet().as_bytes(),
        other if other.raw() <= LAST_TYPE => *GeneralCapabilities::new().as_bytes(),
        _ => return None,
    };
    Some(area)
}

/// The current area of a function whose driver has set nothing: what is offered, less what a driver must ask for.
pub(crate) fn initial(
    config: &DeviceConfig,
    roster: &Roster,
    function: Function,
    kind: CapabilityType,
) -> Option<Area> {
    let mut area = maximum(config, roster, function, kind)?;
    if kind == CapabilityType::General {
        let mut general = GeneralCapabilities::from_bytes(&area).unwrap_or_default();
        general.set_icm_mng_function_id_mode(false);
        general.set_release_all_pages(false);
        area = *general.as_bytes();
    }
    Some(area)
}

fn general(config: &DeviceConfig, roster: &Roster, function: Function, own: bool) -> GeneralCapabilities {
    let ethernet = config.port == Port::Ethernet;
    let mut caps = GeneralCapabilities::new()
        .with_vhca_id(roster.vhca_id(function))
        .with_log_max_eq(LOG_MAX_EQ)
        .with_release_all_pages(true)
        .with_num_ports(1)
        .with_port_type(u8::from(config.port != Port::Infiniband))
        .with_icm_mng_function_id_mode(config.page_mode == PageMode::VhcaId)
        .with_device_frequency_mhz(TIMER_KHZ / 1000)
        .with_device_frequency_khz(TIMER_KHZ)
        .with_log_bf_reg_size(9)
        .with_uar_4k(true)
        .with_num_of_uars_per_page(1)
        .with_eth_net_offloads(ethernet)
        .with_nic_flow_table(ethernet)
        .with_cq_moderation(ethernet)
        .with_max_wqe_sz_sq(if ethernet { 1024 } else { 0 });
    if ethernet {
        // What a network interface is made of; the driver divides the receivers among the representors.
        caps.set_log_max_rq(LOG_MAX_QUEUES);
        caps.set_log_max_sq(LOG_MAX_QUEUES);
        caps.set_log_max_tir(LOG_MAX_QUEUES);
        caps.set_log_max_tis(LOG_MAX_QUEUES);
        caps.set_log_max_rqt(LOG_MAX_QUEUES);
        caps.set_log_max_rqt_size(LOG_MAX_RQT_SIZE);
    }
    let has_vports = config.eswitch.manager || config.eswitch.vport_group_manager;
    if has_vports {
        // Every function behind a vport has its own address lists; the manager asks for their size before it reads them.
        caps.set_log_max_current_uc_list(5);
        caps.set_log_max_current_mc_list(5);
    }
    let host_sfs = config.external_host.sfs;
    if function == Function::HostPf && host_sfs.max > 0 {
        caps.set_sf(true);
        caps.set_max_num_sf(host_sfs.max);
        caps.set_sf_base_id(host_sfs.base_id);
        caps.set_log_min_sf_size(LOG_SF_WINDOW);
    }
    if function == Function::SecondPf {
        caps.set_dtor(!config.timeouts.are_driver_defaults());
    }
    if !own {
        return caps;
    }
    if config.sync_reset != SyncReset::None {
        caps.set_mcam_reg(true);
        caps.set_general_notification_event(true);
        caps.set_pci_sync_for_fw_update_event(true);
        caps.set_pci_sync_for_fw_update_with_driver_unload(true);
        caps.set_pcie_reset_using_hotreset_method(config.sync_reset == SyncReset::HotReset);
    }
    caps.set_fast_teardown(config.teardown.fast);
    caps.set_force_teardown(config.teardown.force);
    caps.set_dtor(!config.timeouts.are_driver_defaults());
    caps.set_hca_cap_2(has_general_2(config));
    caps.set_eswitch_manager(config.eswitch.manager);
    caps.set_vport_group_manager(config.eswitch.vport_group_manager);
    if has_vports {
        caps.set_log_max_l2_table(8);
    }
    if !config.satellite_pfs.is_empty() {
        let functions = config.satellite_pfs.len() + 1;
        caps.set_query_host_net_function_v1(true);
        caps.set_query_host_net_function_num_max(u8::try_from(functions).unwrap_or(31).min(31));
    }
    if config.sfs.max > 0 {
        caps.set_sf(true);
        caps.set_max_num_sf(config.sfs.max);
        caps.set_sf_base_id(config.sfs.base_id);
        caps.set_log_min_sf_size(LOG_SF_WINDOW);
    }
    if config.sfs.max > 0 || host_sfs.max > 0 {
        caps.set_vhca_state(true);
        caps.set_event_on_vhca_state_allocated(true);
        caps.set_event_on_vhca_state_active(true);
        caps.set_event_on_vhca_state_in_use(true);
        caps.set_event_on_vhca_state_teardown_request(true);
    }
    caps
}

fn has_general_2(config: &DeviceConfig) -> bool {
    config.ec_vfs.total > 0 || !config.adjacent_vfs.is_empty()
}

fn general_2(config: &DeviceConfig) -> GeneralCapabilities2 {
    let mut caps = GeneralCapabilities2::new();
    if config.ec_vfs.total > 0 {
        caps.set_ec_vf_vport_base(ec_vf_vport_base(config));
    }
    if !config.adjacent_vfs.is_empty() {
        caps.set_query_adjacent_functions_id(true);
        caps.set_delegated_vhca_max(saturated::<u16>(config.adjacent_vfs.len()));
    }
    caps
}

fn eswitch(config: &DeviceConfig) -> EswitchCapabilities {
    EswitchCapabilities::new().with_ecpf_vport_exists(config.eswitch.ecpf_vport_exists)
}

fn eswitch_flow_table(config: &DeviceConfig) -> EswitchFlowTableCapabilities {
    let switchdev = config.port == Port::Ethernet;
    let fdb = FlowTableProperties::new()
        .with_ft_support(true)
        .with_flow_modify_en(true)
        .with_modify_root(true)
        .with_log_max_ft_size(16)
        .with_max_ft_level(64)
        .with_identified_miss_table_mode(switchdev)
        .with_flow_table_modify(switchdev)
        .with_flow_counter(switchdev);
    let mut caps = EswitchFlowTableCapabilities::new();
    caps.set_fdb(&fdb);
    caps
}

fn nic_flow_table() -> NicFlowTableCapabilities {
    // The driver has a namespace for offloads only where flows can be changed and tables chained.
    let receive = FlowTableProperties::new()
        .with_ft_support(true)
        .with_flow_modify_en(true)
        .with_modify_root(true)
        .with_identified_miss_table_mode(true)
        .with_flow_table_modify(true)
        .with_log_max_ft_size(20)
        .with_max_ft_level(64)
        .with_field_support_0(u64::MAX)
        .with_field_support_1(u64::MAX);
    let mut caps = NicFlowTableCapabilities::new();
    caps.set_receive(&receive);
    caps
}

fn ethernet() -> EthernetCapabilities {
    EthernetCapabilities::new()
        .with_csum_cap(true)
        .with_vlan_cap(true)
        .with_max_lso_cap(16)
        .with_rss_ind_tbl_cap(8)
        .with_self_lb_en_modifiable(true)
}
