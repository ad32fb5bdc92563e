//! Flow tables, groups and entries: numbered and kept, never matched against a packet.

use crate::commands::resource::numbered;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::objects::Object;
use crate::state::silicon::Silicon;
use prm::flow_table::{
    CreateFlowGroupIn, DeleteFlowTableEntryIn, DestroyFlowGroupIn, DestroyFlowTableIn, SetFlowTableEntryIn,
    SetFlowTableRootIn,
};

pub(crate) fn create_flow_table(silicon: &mut Silicon, command: &Command) -> Answered {
    let created = silicon.objects.create(command.endpoint, Object::FlowTable);
    created.map(numbered)
}

pub(crate) fn destroy_flow_table(silicon: &mut Silicon, command: &Command) -> Answered {
    let table = DestroyFlowTableIn::from_prefix(&command.input)
        .unwrap_or_default()
        .table_id();
    if !silicon.is_flow_table(command, table) {
        return Err(Refusal::UnknownObject);
    }
    if silicon.objects.has_groups(command.endpoint, table) {
        return Err(Refusal::ObjectInUse);
    }
    silicon.objects.remove(command.endpoint, table);
    Ok(Reply::ok())
}

pub(crate) fn create_flow_group(silicon: &mut Silicon, command: &Command) -> Answered {
    let table = CreateFlowGroupIn::from_prefix(&command.input)
        .unwrap_or_default()
        .table_id();
    if !silicon.is_flow_table(command, table) {
        return Err(Refusal::UnknownObject);
    }
    let created = silicon
        .objects
        .create(command.endpoint, Object::FlowGroup { table });
    created.map(numbered)
}

pub(crate) fn destroy_flow_group(silicon: &mut Silicon, command: &Command) -> Answered {
    let input = DestroyFlowGroupIn::from_prefix(&command.input).unwrap_or_default();
    let table = input.table_id();
    if silicon.objects.get(command.endpoint, input.group_id()) != Some(Object::FlowGroup { table }) {
        return Err(Refusal::UnknownObject);
    }
    silicon.objects.remove(command.endpoint, input.group_id());
    Ok(Reply::ok())
}

pub(crate) fn set_flow_table_root(silicon: &mut Silicon, command: &Command) -> Answered {
    /// Operation modifier: no table is the root any more.
    const DISCONNECT: u16 = 1;
    let table = SetFlowTableRootIn::from_prefix(&command.input)
        .unwrap_or_default()
        .table_id();
    if command.op_mod != DISCONNECT && !silicon.is_flow_table(command, table) {
        return Err(Refusal::UnknownObject);
    }
    Ok(Reply::ok())
}

pub(crate) fn set_flow_table_entry(silicon: &mut Silicon, command: &Command) -> Answered {
    let input = SetFlowTableEntryIn::from_prefix(&command.input).unwrap_or_default();
    if !silicon.is_flow_table(command, input.table_id()) {
        return Err(Refusal::UnknownObject);
    }
    let entered = silicon
        .objects
        .enter(command.endpoint, input.table_id(), input.flow_index());
    entered.map(|()| Reply::ok())
}

pub(crate) fn delete_flow_table_entry(silicon: &mut Silicon, command: &Command) -> Answered {
    let input = DeleteFlowTableEntryIn::from_prefix(&command.input).unwrap_or_default();
    let (table, flow) = (input.table_id(), input.flow_index());
    if !silicon.objects.leave(command.endpoint, table, flow) {
        return Err(Refusal::UnknownObject);
    }
    Ok(Reply::ok())
}

impl Silicon {
    fn is_flow_table(&self, command: &Command, table: u32) -> bool {
        self.objects.get(command.endpoint, table) == Some(Object::FlowTable)
    }
}
