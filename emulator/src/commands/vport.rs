//! Vport contexts and states: kept as the driver writes them.

use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::silicon::Silicon;
use prm::vport::{
    MODIFY_CONTEXT_OFFSET, ModifyNicVportContextIn, ModifyVportStateIn, NicVportContext,
    QueryNicVportContextOut, QueryVportStateOut,
};

/// Admin state: as the uplink.
const AUTO: u8 = 2;
/// State: up.
const UP: u8 = 1;

pub(crate) fn query_nic_vport_context(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownVport)?;
    let mut output = QueryNicVportContextOut::new().as_bytes().to_vec();
    if let Some(context) = silicon.vports.contexts.get(&function) {
        output.extend_from_slice(context.as_bytes());
    }
    Ok(Reply::bytes(output))
}

pub(crate) fn modify_nic_vport_context(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownVport)?;
    let select = ModifyNicVportContextIn::from_prefix(&command.input).map_err(|_| Refusal::InputLength)?;
    let written = command.input.get(MODIFY_CONTEXT_OFFSET..).unwrap_or_default();
    let written = NicVportContext::from_prefix(written).map_err(|_| Refusal::InputLength)?;
    let context = silicon.vports.contexts.entry(function).or_default();
    if select.select_change_event() {
        context.set_arm_change_event(written.arm_change_event());
        context.set_event_on_mtu(written.event_on_mtu());
        context.set_event_on_promisc_change(written.event_on_promisc_change());
        context.set_event_on_vlan_change(written.event_on_vlan_change());
        context.set_event_on_mc_address_change(written.event_on_mc_address_change());
        context.set_event_on_uc_address_change(written.event_on_uc_address_change());
    }
    if select.select_promisc() {
        context.set_promisc_uc(written.promisc_uc());
        context.set_promisc_mc(written.promisc_mc());
        context.set_promisc_all(written.promisc_all());
    }
    if select.select_permanent_address() {
        context.set_permanent_address_47_32(written.permanent_address_47_32());
        context.set_permanent_address_31_0(written.permanent_address_31_0());
    }
    if select.select_mtu() {
        context.set_mtu(written.mtu());
    }
    if select.select_roce_en() {
        context.set_roce_en(written.roce_en());
    }
    if select.select_node_guid() {
        context.set_node_guid(written.node_guid());
    }
    if select.select_port_guid() {
        context.set_port_guid(written.port_guid());
    }
    Ok(Reply::ok())
}

pub(crate) fn query_vport_state(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownVport)?;
    let asked = silicon.vports.states.get(&function).copied().unwrap_or(AUTO);
    let state = if asked == 0 { 0 } else { UP };
    Ok(Reply::done(
        &QueryVportStateOut::new()
            .with_admin_state(asked)
            .with_state(state),
    ))
}

pub(crate) fn modify_vport_state(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownVport)?;
    let input = ModifyVportStateIn::from_prefix(&command.input).unwrap_or_default();
    silicon.vports.states.insert(function, input.admin_state());
    Ok(Reply::ok())
}

/// An operation on a vport that there has to be, whose effect nothing here depends on: done.
pub(crate) fn done(_: &mut Silicon, command: &Command) -> Answered {
    let vport = command.subject.function;
    vport.map(|_| Reply::ok()).ok_or(Refusal::UnknownVport)
}
