//! What each command does, by topic.

mod adapter;
mod capability;
mod component;
mod eswitch;
mod event_queue;
mod flow_table;
mod function;
pub(crate) mod pages;
mod port;
mod resource;
mod subfunction;
mod vport;

pub(crate) use port::Port;
pub(crate) use resource::{Objects, is_plain, is_plain_create};
pub(crate) use subfunction::Subfunctions;
pub(crate) use vport::Vports;

use crate::reply::{Answered, Refusal};
use crate::state::command::Command;
use crate::state::silicon::{Buses, Silicon};
use prm::command::Command as Form;
use prm::{Cycles, Opcode, access_register, capability as cap, eswitch as esw, event_queue as eq};
use prm::{flow_table as ft, hca, pages as pg, subfunction as sf, uar, vport as vp};

/// Shortest input of a command of this operation, and shortest output.
const fn lengths(opcode: Opcode) -> (usize, usize) {
    const fn of<C: Form>() -> (usize, usize) {
        (C::INPUT_LENGTH, C::OUTPUT_LENGTH)
    }
    match opcode {
        Opcode::EnableHca => of::<hca::EnableHca>(),
        Opcode::DisableHca => of::<hca::DisableHca>(),
        Opcode::InitHca => of::<hca::InitHca>(),
        Opcode::TeardownHca => of::<hca::TeardownHca>(),
        Opcode::QueryIssi => of::<hca::QueryIssi>(),
        Opcode::SetIssi => of::<hca::SetIssi>(),
        Opcode::QueryAdapter => of::<hca::QueryAdapter>(),
        Opcode::QueryPages => of::<pg::QueryPages>(),
        Opcode::ManagePages => of::<pg::ManagePages>(),
        Opcode::QueryHcaCap => of::<cap::QueryHcaCap>(),
        Opcode::SetHcaCap => of::<cap::SetHcaCap>(),
        Opcode::AccessReg => of::<access_register::AccessRegister>(),
        Opcode::AllocUar => of::<uar::AllocUar>(),
        Opcode::DeallocUar => of::<uar::DeallocUar>(),
        Opcode::CreateEq => of::<eq::CreateEq>(),
        Opcode::DestroyEq => of::<eq::DestroyEq>(),
        Opcode::QueryEswFunctions => of::<esw::QueryEswFunctions>(),
        Opcode::CreateEswVport => of::<esw::CreateEswVport>(),
        Opcode::DestroyEswVport => of::<esw::DestroyEswVport>(),
        Opcode::QueryDelegatedVhca => of::<esw::QueryDelegatedVhca>(),
        Opcode::QueryNicVportContext => of::<vp::QueryNicVportContext>(),
        Opcode::ModifyNicVportContext => of::<vp::ModifyNicVportContext>(),
        Opcode::QueryVportState => of::<vp::QueryVportState>(),
        Opcode::ModifyVportState => of::<vp::ModifyVportState>(),
        Opcode::AllocSf => of::<sf::AllocSf>(),
        Opcode::DeallocSf => of::<sf::DeallocSf>(),
        Opcode::QueryVhcaState => of::<sf::QueryVhcaState>(),
        Opcode::ModifyVhcaState => of::<sf::ModifyVhcaState>(),
        Opcode::CreateFlowTable => of::<ft::CreateFlowTable>(),
        Opcode::DestroyFlowTable => of::<ft::DestroyFlowTable>(),
        Opcode::CreateFlowGroup => of::<ft::CreateFlowGroup>(),
        Opcode::DestroyFlowGroup => of::<ft::DestroyFlowGroup>(),
        Opcode::SetFlowTableRoot => of::<ft::SetFlowTableRoot>(),
        Opcode::SetFlowTableEntry => of::<ft::SetFlowTableEntry>(),
        Opcode::DeleteFlowTableEntry => of::<ft::DeleteFlowTableEntry>(),
        _ => (8, 8),
    }
}

fn check_lengths(command: &Command) -> Result<(), Refusal> {
    let (input, output) = lengths(command.opcode);
    let reaches =
        |length: u32, shortest: usize| usize::try_from(length).is_ok_and(|length| length >= shortest);
    if !reaches(command.in_len, input) {
        return Err(Refusal::InputLength);
    }
    if !reaches(command.out_len, output) {
        return Err(Refusal::OutputLength);
    }
    Ok(())
}

impl Silicon {
    /// Executes a command.
    pub(crate) fn handle(&mut self, command: &Command, at: Cycles, buses: &mut dyn Buses) -> Answered {
        check_lengths(command)?;
        match command.opcode {
            Opcode::EnableHca => self.enable_hca(command, at, buses),
            Opcode::DisableHca => self.disable_hca(command, at, buses),
            Opcode::InitHca => self.init_hca(command, at, buses),
            Opcode::TeardownHca => self.teardown_hca(command),
            Opcode::QueryIssi => self.query_issi(command),
            Opcode::SetIssi => self.set_issi(command),
            Opcode::QueryAdapter => Ok(self.query_adapter()),
            Opcode::QueryPages => self.query_pages(command),
            Opcode::ManagePages => self.manage_pages(command, at, buses),
            Opcode::QueryHcaCap => self.query_hca_cap(command),
            Opcode::SetHcaCap => self.set_hca_cap(command, at, buses),
            Opcode::AccessReg => self.access_register(command),
            Opcode::AllocUar => self.alloc_uar(command),
            Opcode::DeallocUar => self.dealloc_uar(command),
            Opcode::CreateEq => self.create_eq(command, buses),
            Opcode::DestroyEq => self.destroy_eq(command),
            Opcode::QueryEq => self.query_eq(command),
            Opcode::QueryEswFunctions => self.query_esw_functions(command),
            Opcode::CreateEswVport => self.create_esw_vport(command),
            Opcode::DestroyEswVport => self.destroy_esw_vport(command),
            Opcode::QueryDelegatedVhca => self.query_delegated_vhca(command),
            Opcode::QueryNicVportContext => self.query_nic_vport_context(command),
            Opcode::ModifyNicVportContext => self.modify_nic_vport_context(command),
            Opcode::QueryVportState => self.query_vport_state(command),
            Opcode::ModifyVportState => self.modify_vport_state(command),
            Opcode::AllocSf => self.alloc_sf(command),
            Opcode::DeallocSf => self.dealloc_sf(command),
            Opcode::QueryVhcaState => self.query_vhca_state(command),
            Opcode::ModifyVhcaState => self.modify_vhca_state(command, at, buses),
            Opcode::CreateFlowTable => self.create_flow_table(command),
            Opcode::DestroyFlowTable => self.destroy_flow_table(command),
            Opcode::CreateFlowGroup => self.create_flow_group(command),
            Opcode::DestroyFlowGroup => self.destroy_flow_group(command),
            Opcode::SetFlowTableRoot => self.set_flow_table_root(command),
            Opcode::SetFlowTableEntry => self.set_flow_table_entry(command),
            Opcode::DeleteFlowTableEntry => self.delete_flow_table_entry(command),
            opcode => self.generic(command, opcode),
        }
    }
}
