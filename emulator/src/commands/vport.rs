//! Vport contexts and states: kept as the driver writes them.

use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::silicon::Silicon;
use prm::vport::{
    EswVportContext, MODIFY_CONTEXT_OFFSET, ModifyEswVportContextIn, ModifyNicVportContextIn,
    ModifyVportStateIn, NicVportContext, QueryNicVportContextOut, QueryVportStateOut,
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

/// QUERY_ESW_VPORT_CONTEXT: a driver reads the bits before it changes one of them.
pub(crate) fn query_esw_vport_context(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownVport)?;
    let context = silicon.vports.eswitch.get(&function).copied();
    let mut output = QueryNicVportContextOut::new().as_bytes().to_vec();
    output.extend_from_slice(context.unwrap_or_default().as_bytes());
    Ok(Reply::bytes(output))
}

/// MODIFY_ESW_VPORT_CONTEXT: what is selected is kept. No packet passes, so nothing is done to any.
pub(crate) fn modify_esw_vport_context(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownVport)?;
    let select = ModifyEswVportContextIn::from_prefix(&command.input).map_err(|_| Refusal::InputLength)?;
    let written = command
        .input
        .get(ModifyEswVportContextIn::SIZE..)
        .unwrap_or_default();
    let written = EswVportContext::from_prefix(written).map_err(|_| Refusal::InputLength)?;
    let context = silicon.vports.eswitch.entry(function).or_default();
    if select.select_fdb_to_vport_reg_c_id() {
        context.set_fdb_to_vport_reg_c(written.fdb_to_vport_reg_c());
        context.set_fdb_to_vport_reg_c_id(written.fdb_to_vport_reg_c_id());
    }
    if select.select_cvlan_insert() {
        context.set_cvlan_insert(written.cvlan_insert());
        context.set_cvlan(written.cvlan());
    }
    if select.select_svlan_insert() {
        context.set_svlan_insert(written.svlan_insert());
        context.set_svlan(written.svlan());
    }
    if select.select_cvlan_strip() {
        context.set_cvlan_strip(written.cvlan_strip());
    }
    if select.select_svlan_strip() {
        context.set_svlan_strip(written.svlan_strip());
    }
    Ok(Reply::ok())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, Output, pf_config};
    use prm::vport::{EswVportContext, ModifyEswVportContext, QueryEswVportContext};
    use prm::{Command, CommandStatus};

    fn query(bench: &mut Bench, vport: u16) -> Output {
        let query = QueryEswVportContext::input()
            .with_other_vport(vport != 0)
            .with_vport_number(vport);
        bench.run::<QueryEswVportContext>(&query)
    }

    fn context(bench: &mut Bench, vport: u16) -> EswVportContext {
        EswVportContext::from_prefix(&query(bench, vport).ok().bytes[16..]).expect("it is whole")
    }

    #[test]
    fn the_eswitch_keeps_what_was_selected_of_each_vport() {
        let mut bench = Bench::loaded(pf_config());
        let select = ModifyEswVportContext::input()
            .with_other_vport(true)
            .with_vport_number(1)
            .with_select_cvlan_insert(true);
        let written = EswVportContext::new()
            .with_cvlan_insert(1)
            .with_cvlan(0x6064)
            .with_fdb_to_vport_reg_c_id(2);
        let input = [select.as_bytes().as_slice(), written.as_bytes()].concat();
        bench.run_bytes(&input, 16).ok();
        let kept = context(&mut bench, 1);
        assert_eq!((kept.cvlan_insert(), kept.cvlan()), (1, 0x6064));
        assert_eq!(kept.fdb_to_vport_reg_c_id(), 0, "it was not selected");
        assert_eq!(
            context(&mut bench, 0),
            EswVportContext::new(),
            "the manager's own is another"
        );
    }

    #[test]
    fn the_eswitch_knows_no_context_of_a_vport_that_does_not_exist() {
        let mut bench = Bench::loaded(pf_config());
        assert_eq!(query(&mut bench, 77).status(), CommandStatus::BadIndex);
    }
}
