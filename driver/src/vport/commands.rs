//! The commands about one vport.

use crate::capabilities;
use crate::command;
use crate::handle::Driver;
use crate::runtime::Object;
use crate::state::command::CommandError;
use crate::state::eswitch::{EventMask, LinkState};
use crate::state::functions::{is_other, vport_function};
use prm::CapabilityType;
use prm::capability_area::GeneralCapabilities;
use prm::command::Command as _;
use prm::vport::{
    MODIFY_CONTEXT_OFFSET, MacAddressEntry, ModifyNicVportContext, ModifyVportState, NicVportContext,
    QUERY_CONTEXT_OFFSET, QueryNicVportContext,
};

/// Operation modifier of MODIFY_VPORT_STATE for the eswitch's side of a vport.
const ESWITCH_SIDE: u16 = 1;

/// A list of a vport's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressList {
    /// Unicast.
    Unicast = 0,
    /// Multicast.
    Multicast = 1,
}

/// Sets a vport's administrative state; whether that works does not matter (`mlx5_modify_vport_admin_state`).
pub(super) async fn set_link(driver: &Driver, number: u16, link: LinkState) {
    let input = ModifyVportState::input()
        .with_op_mod(ESWITCH_SIDE)
        .with_other_vport(true)
        .with_vport_number(number)
        .with_admin_state(link as u8);
    let _ignored = command::run::<ModifyVportState>(driver, &input).await;
}

/// Reads a vport's context without a list.
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn query_context(
    driver: &Driver,
    number: u16,
    other: bool,
) -> Result<NicVportContext, CommandError> {
    let input = QueryNicVportContext::input()
        .with_other_vport(other)
        .with_vport_number(number);
    let output = command::execute(driver, input.as_bytes(), QueryNicVportContext::OUTPUT_LENGTH).await?;
    let context = output.get(QUERY_CONTEXT_OFFSET..).unwrap_or_default();
    Ok(NicVportContext::from_prefix(context).unwrap_or_default())
}

/// Reads a list of a vport's addresses (`mlx5_query_nic_vport_mac_list`). How long it may be is asked first, unless it is
/// the own function's.
///
/// # Errors
/// As [`command::execute`].
pub(super) async fn query_addresses(
    driver: &Driver,
    number: u16,
    list: AddressList,
) -> Result<Vec<MacAddressEntry>, CommandError> {
    let vport = [driver.reads(Object::Vport(number)), driver.reads(Object::Sriov)];
    let (other, function) = driver
        .then(vport, |state, _| {
            (is_other(state, number), vport_function(state, number))
        })
        .await;
    let logs = |area: &GeneralCapabilities| match list {
        AddressList::Unicast => area.log_max_current_uc_list(),
        AddressList::Multicast => area.log_max_current_mc_list(),
    };
    let log = if other {
        logs(&capabilities::query_other(driver, function, CapabilityType::General).await?)
    } else {
        driver.settled(|state| logs(state.capabilities.general()))
    };
    // INVARIANT: the field has 5 bits, but no function has more than 2^16 addresses.
    let most = 1usize << log.min(16);
    let out_len = QueryNicVportContext::OUTPUT_LENGTH + most * MacAddressEntry::SIZE;
    let input = QueryNicVportContext::input()
        .with_other_vport(other)
        .with_vport_number(number)
        .with_allowed_list_type(list as u8);
    let output = command::execute(driver, input.as_bytes(), out_len).await?;
    let context = output.get(QUERY_CONTEXT_OFFSET..).unwrap_or_default();
    let size = NicVportContext::from_prefix(context)
        .unwrap_or_default()
        .allowed_list_size();
    let entries = output
        .get(QueryNicVportContext::OUTPUT_LENGTH..)
        .unwrap_or_default();
    let entries = entries
        .chunks_exact(MacAddressEntry::SIZE)
        .take(usize::from(size));
    Ok(entries
        .filter_map(|entry| MacAddressEntry::from_bytes(entry).ok())
        .collect())
}

/// Tells firmware which changes of a vport post events; whether that works does not matter
/// (`arm_vport_context_events_cmd`).
pub(super) async fn arm(driver: &Driver, number: u16, events: EventMask) {
    let other = driver.settled(|state| is_other(state, number));
    let head = ModifyNicVportContext::input()
        .with_other_vport(other)
        .with_vport_number(number)
        .with_select_change_event(true);
    let context = NicVportContext::new()
        .with_arm_change_event(true)
        .with_event_on_uc_address_change(events.unicast)
        .with_event_on_mc_address_change(events.multicast)
        .with_event_on_promisc_change(events.promiscuous);
    let mut input = head.as_bytes().to_vec();
    input.resize(MODIFY_CONTEXT_OFFSET, 0);
    input.extend_from_slice(context.as_bytes());
    input.resize(ModifyNicVportContext::INPUT_LENGTH, 0);
    let _ignored = command::execute(driver, &input, ModifyNicVportContext::OUTPUT_LENGTH).await;
}
