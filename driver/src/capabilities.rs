//! What the device can do, and what it is set to do.

use crate::command;
use crate::handle::Driver;
use crate::register_access;
use crate::runtime::Object;
use crate::state::State;
use crate::state::capabilities::{Capabilities, OtherFunction};
use crate::state::command::CommandError;
use crate::state::functions::vport_function;
use prm::access_register::RegisterId;
use prm::capability::{CAPABILITY_AREA_OFFSET, QueryHcaCap, SetHcaCap};
use prm::capability_area::{GeneralCapabilities, GeneralCapabilities2};
use prm::command::Command;
use prm::component::ManagementCapabilities;
use prm::layout::Layout;
use prm::{CapabilityMode, CapabilityType, Opcode, VhcaId};

/// Queries an area of this function and keeps it (`mlx5_core_get_caps_mode`).
///
/// # Errors
/// As [`command::execute`].
async fn query(driver: &Driver, kind: CapabilityType, mode: CapabilityMode) -> Result<(), CommandError> {
    let input = QueryHcaCap::input().with_op_mod(kind.op_mod(mode));
    let output = command::execute(driver, input.as_bytes(), QueryHcaCap::OUTPUT_LENGTH).await?;
    let store = |state: &mut State| {
        if let Some(area) = output.get(CAPABILITY_AREA_OFFSET..) {
            state.capabilities.store(kind, mode, area);
        }
    };
    driver
        .step(driver.writes(Object::LoadTime), |state, _| store(state))
        .await;
    Ok(())
}

/// Queries what another function could do; returns the whole area (`mlx5_vport_get_other_func_cap`).
///
/// # Errors
/// As [`command::execute`].
pub async fn query_other<T: Layout>(
    driver: &Driver,
    function: OtherFunction,
    kind: CapabilityType,
) -> Result<T, CommandError> {
    let input = QueryHcaCap::input()
        .with_op_mod(kind.op_mod(CapabilityMode::Max))
        .with_other_function(true)
        .with_ec_vf_function(function.ec_vf)
        .with_function_id_type(function.is_vhca_id)
        .with_function_id(function.id);
    let output = command::execute(driver, input.as_bytes(), QueryHcaCap::OUTPUT_LENGTH).await?;
    output
        .get(CAPABILITY_AREA_OFFSET..)
        .and_then(|area| T::from_prefix(area).ok())
        .ok_or(CommandError::malformed(Opcode::QueryHcaCap))
}

/// Queries what the function behind a vport could do (`mlx5_esw_vport_caps_get`): its VHCA id, and the continued area
/// where there is one.
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn query_function(driver: &Driver, number: u16) -> Result<VhcaId, CommandError> {
    let vport = [driver.reads(Object::Vport(number)), driver.reads(Object::Sriov)];
    let (function, continued) = driver
        .then(vport, |state, _| {
            (
                vport_function(state, number),
                state.capabilities.general_max().hca_cap_2(),
            )
        })
        .await;
    let general: GeneralCapabilities = query_other(driver, function, CapabilityType::General).await?;
    if continued {
        let _: GeneralCapabilities2 = query_other(driver, function, CapabilityType::General2).await?;
    }
    Ok(VhcaId(general.vhca_id()))
}

/// Queries what is needed before INIT_HCA and sets what the driver wants (`set_hca_cap`): the general area always, its
/// continuation only if something changes.
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn configure(driver: &Driver) -> Result<(), CommandError> {
    query(driver, CapabilityType::General, CapabilityMode::Current).await?;
    query(driver, CapabilityType::General, CapabilityMode::Max).await?;
    let wanted = driver.settled(|state| wanted_general(&state.capabilities));
    let head = SetHcaCap::input().with_op_mod(CapabilityType::General.set_op_mod());
    let input = [&head.as_bytes()[..], &wanted.as_bytes()[..]].concat();
    command::execute(driver, &input, 16).await?;
    if driver.settled(|state| state.capabilities.general_max().hca_cap_2()) {
        query(driver, CapabilityType::General2, CapabilityMode::Current).await?;
        query(driver, CapabilityType::General2, CapabilityMode::Max).await?;
        let wanted =
            driver.settled(|state| wanted_general_2(&state.capabilities, state.interface.sw_vhca_id));
        if let Some(wanted) = wanted {
            let head = SetHcaCap::input().with_op_mod(CapabilityType::General2.set_op_mod());
            let input = [&head.as_bytes()[..], &wanted.as_bytes()[..]].concat();
            command::execute(driver, &input, 16).await?;
        }
    }
    Ok(())
}

/// Queries the areas that are in force after INIT_HCA (`mlx5_query_hca_caps`).
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn query_all(driver: &Driver) -> Result<(), CommandError> {
    query(driver, CapabilityType::General, CapabilityMode::Current).await?;
    let [general_2, ethernet, nic_flow_table, eswitch] = driver.settled(|state| {
        let general = state.capabilities.general();
        [
            general.hca_cap_2(),
            general.eth_net_offloads(),
            general.nic_flow_table(),
            general.eswitch_manager(),
        ]
    });
    if general_2 {
        query(driver, CapabilityType::General2, CapabilityMode::Current).await?;
    }
    if ethernet {
        query(driver, CapabilityType::EthernetOffloads, CapabilityMode::Current).await?;
    }
    if nic_flow_table {
        query(driver, CapabilityType::NicFlowTable, CapabilityMode::Current).await?;
    }
    if eswitch {
        query(driver, CapabilityType::EswitchFlowTable, CapabilityMode::Current).await?;
        query(driver, CapabilityType::Eswitch, CapabilityMode::Current).await?;
    }
    if driver.settled(|state| state.capabilities.general().mcam_reg()) {
        for group in REGISTER_GROUPS {
            query_registers(driver, group).await?;
        }
    }
    Ok(())
}

/// Groups of management registers that a driver asks for (`mlx5_query_hca_caps`).
const REGISTER_GROUPS: [u8; 3] = [0, 1, 2];

/// Asks which management registers of a group there are, and keeps the first group (`mlx5_query_mcam_reg`).
async fn query_registers(driver: &Driver, group: u8) -> Result<(), CommandError> {
    let asked = ManagementCapabilities::new().with_access_reg_group(group);
    let registers = register_access::read(driver, RegisterId::ManagementCapabilities, &asked).await?;
    if group == 0 {
        driver
            .step(driver.writes(Object::LoadTime), |state, _| {
                state.capabilities.store_registers(registers);
            })
            .await;
    }
    Ok(())
}

/// Queries what a subfunction needs whose manager does the rest (`mlx5_query_hca_caps_light`).
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn query_light(driver: &Driver) -> Result<(), CommandError> {
    query(driver, CapabilityType::General, CapabilityMode::Current).await?;
    query(driver, CapabilityType::General, CapabilityMode::Max).await?;
    let [ethernet, nic_flow_table] = driver.settled(|state| {
        let general = state.capabilities.general();
        [general.eth_net_offloads(), general.nic_flow_table()]
    });
    if ethernet {
        query(driver, CapabilityType::EthernetOffloads, CapabilityMode::Current).await?;
    }
    if nic_flow_table {
        query(driver, CapabilityType::NicFlowTable, CapabilityMode::Current).await?;
    }
    Ok(())
}

/// What the driver wants of the general area: the current values, with its own wishes as far as the maximum allows
/// (`handle_hca_cap`).
fn wanted_general(capabilities: &Capabilities) -> GeneralCapabilities {
    let max = capabilities.general_max();
    let mut wanted = capabilities.general().clone();
    // 0 is the code of 128 entries.
    wanted.set_pkey_table_size(0);
    wanted.set_cmdif_checksum(0);
    wanted.set_log_uar_page_sz(0);
    wanted.set_log_max_qp(WANTED_LOG_MAX_QP.min(max.log_max_qp()));
    macro_rules! take_max {
        ($($get:ident $set:ident;)*) => {$(
            if max.$get() {
                wanted.$set(true);
            }
        )*};
    }
    take_max! {
        release_all_pages set_release_all_pages;
        icm_mng_function_id_mode set_icm_mng_function_id_mode;
        pci_sync_for_fw_update_event set_pci_sync_for_fw_update_event;
        pci_sync_for_fw_update_with_driver_unload set_pci_sync_for_fw_update_with_driver_unload;
        pcie_reset_using_hotreset_method set_pcie_reset_using_hotreset_method;
        vhca_state set_vhca_state;
        event_on_vhca_state_invalid set_event_on_vhca_state_invalid;
        event_on_vhca_state_allocated set_event_on_vhca_state_allocated;
        event_on_vhca_state_active set_event_on_vhca_state_active;
        event_on_vhca_state_in_use set_event_on_vhca_state_in_use;
        event_on_vhca_state_teardown_request set_event_on_vhca_state_teardown_request;
    }
    if max.num_vhca_ports() != 0 {
        wanted.set_num_vhca_ports(max.num_vhca_ports());
    }
    wanted
}

/// What the default profile of the driver wants as `log_max_qp`.
const WANTED_LOG_MAX_QP: u8 = 18;

/// What the driver wants of the continued general area; `None` if nothing is to change (`handle_hca_cap_2`).
fn wanted_general_2(capabilities: &Capabilities, sw_vhca_id: u16) -> Option<GeneralCapabilities2> {
    let max = capabilities.general_2_max();
    if !max.sw_vhca_id_valid() || sw_vhca_id == 0 {
        return None;
    }
    let mut wanted = capabilities.general_2().clone();
    wanted.set_sw_vhca_id_valid(true);
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_mode_follows_the_maximum_and_not_the_current_value() {
        let mut capabilities = Capabilities::default();
        assert!(!wanted_general(&capabilities).icm_mng_function_id_mode());
        let mut max = GeneralCapabilities::default();
        max.set_icm_mng_function_id_mode(true);
        max.set_release_all_pages(true);
        capabilities.store(CapabilityType::General, CapabilityMode::Max, max.as_bytes());
        let wanted = wanted_general(&capabilities);
        assert!(wanted.icm_mng_function_id_mode() && wanted.release_all_pages());
        assert!(!capabilities.general().icm_mng_function_id_mode());
    }

    #[test]
    fn the_continued_area_is_left_alone_without_a_number_to_tell() {
        let mut capabilities = Capabilities::default();
        assert_eq!(wanted_general_2(&capabilities, 1), None);
        let max = GeneralCapabilities2::default().with_sw_vhca_id_valid(true);
        capabilities.store(CapabilityType::General2, CapabilityMode::Max, max.as_bytes());
        assert_eq!(wanted_general_2(&capabilities, 0), None);
        assert!(wanted_general_2(&capabilities, 1).is_some_and(|wanted| wanted.sw_vhca_id_valid()));
    }
}
