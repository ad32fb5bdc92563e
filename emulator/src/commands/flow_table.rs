//! Flow tables, groups and entries: numbered and kept, never matched against a packet.

use super::resource::{Object, numbered};
use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::silicon::Silicon;
use prm::flow_table::{
    CreateFlowGroupIn, DeleteFlowTableEntryIn, DestroyFlowGroupIn, DestroyFlowTableIn, SetFlowTableEntryIn,
    SetFlowTableRootIn,
};

impl Silicon {
    fn is_flow_table(&self, command: &Command, table: u32) -> bool {
        self.objects.get(command.endpoint, table) == Some(Object::FlowTable)
    }

    pub(super) fn create_flow_table(&mut self, command: &Command) -> Answered {
        let created = self.objects.create(command.endpoint, Object::FlowTable);
        created.map(numbered)
    }

    pub(super) fn destroy_flow_table(&mut self, command: &Command) -> Answered {
        let table = DestroyFlowTableIn::from_prefix(&command.input)
            .unwrap_or_default()
            .table_id();
        if !self.is_flow_table(command, table) {
            return Err(Refusal::UnknownObject);
        }
        if self.objects.has_groups(command.endpoint, table) {
            return Err(Refusal::ObjectInUse);
        }
        self.objects.remove(command.endpoint, table);
        Ok(Reply::ok())
    }

    pub(super) fn create_flow_group(&mut self, command: &Command) -> Answered {
        let table = CreateFlowGroupIn::from_prefix(&command.input)
            .unwrap_or_default()
            .table_id();
        if !self.is_flow_table(command, table) {
            return Err(Refusal::UnknownObject);
        }
        let created = self.objects.create(command.endpoint, Object::FlowGroup { table });
        created.map(numbered)
    }

    pub(super) fn destroy_flow_group(&mut self, command: &Command) -> Answered {
        let input = DestroyFlowGroupIn::from_prefix(&command.input).unwrap_or_default();
        let table = input.table_id();
        if self.objects.get(command.endpoint, input.group_id()) != Some(Object::FlowGroup { table }) {
            return Err(Refusal::UnknownObject);
        }
        self.objects.remove(command.endpoint, input.group_id());
        Ok(Reply::ok())
    }

    pub(super) fn set_flow_table_root(&mut self, command: &Command) -> Answered {
        /// Operation modifier: no table is the root any more.
        const DISCONNECT: u16 = 1;
        let table = SetFlowTableRootIn::from_prefix(&command.input)
            .unwrap_or_default()
            .table_id();
        if command.op_mod != DISCONNECT && !self.is_flow_table(command, table) {
            return Err(Refusal::UnknownObject);
        }
        Ok(Reply::ok())
    }

    pub(super) fn set_flow_table_entry(&mut self, command: &Command) -> Answered {
        let input = SetFlowTableEntryIn::from_prefix(&command.input).unwrap_or_default();
        if !self.is_flow_table(command, input.table_id()) {
            return Err(Refusal::UnknownObject);
        }
        let entered = self
            .objects
            .enter(command.endpoint, input.table_id(), input.flow_index());
        entered.map(|()| Reply::ok())
    }

    pub(super) fn delete_flow_table_entry(&mut self, command: &Command) -> Answered {
        let input = DeleteFlowTableEntryIn::from_prefix(&command.input).unwrap_or_default();
        let (table, flow) = (input.table_id(), input.flow_index());
        if !self.objects.leave(command.endpoint, table, flow) {
            return Err(Refusal::UnknownObject);
        }
        Ok(Reply::ok())
    }
}
