//! What a command was about, read from its input and output for the record.

use crate::commands::{is_plain, is_plain_create};
use crate::record::CommandFields;
use crate::state::command::Command;
use prm::access_register::AccessRegisterIn;
use prm::capability::{CAPABILITY_AREA_OFFSET, QueryHcaCapIn};
use prm::capability_area::GeneralCapabilities;
use prm::command::ObjectOutput;
use prm::eswitch::{CreateEswVportOut, ESW_FUNCTIONS_LAYOUT_V1};
use prm::event_queue::{CreateEqIn, CreateEqOut, DestroyEqIn};
use prm::hca::{EnableHcaIn, InitHcaIn, SetIssiIn, TeardownHcaIn};
use prm::pages::{ManagePagesIn, ManagePagesOut, QueryPagesOut};
use prm::uar::{AllocUarOut, DeallocUarIn};
use prm::vport::QueryNicVportContextIn;
use prm::{CapabilityMode, CapabilityType, CommandStatus, Layout, Opcode, PageCount, PagesOp};

/// The fields of a command. Inputs that are too short read as zero; outputs count only where the command succeeded.
pub(crate) fn of(command: &Command) -> CommandFields {
    match command.opcode {
        Opcode::EnableHca | Opcode::DisableHca => hca(command),
        Opcode::QueryHcaCap | Opcode::SetHcaCap => capability(command),
        Opcode::QueryPages | Opcode::ManagePages => pages(command),
        Opcode::CreateEq => create_eq(command),
        Opcode::SetIssi => CommandFields {
            issi: Some(input::<SetIssiIn>(command).current_issi()),
            ..Default::default()
        },
        Opcode::InitHca => CommandFields {
            sw_vhca_id: Some(input::<InitHcaIn>(command).sw_vhca_id()),
            ..Default::default()
        },
        Opcode::TeardownHca => CommandFields {
            profile: Some(input::<TeardownHcaIn>(command).profile()),
            ..Default::default()
        },
        Opcode::AccessReg => {
            let input = input::<AccessRegisterIn>(command);
            let reg = Some(format!("{:#x}", input.register_id()));
            CommandFields {
                reg,
                arg: Some(input.argument()),
                ..Default::default()
            }
        }
        Opcode::AllocUar => CommandFields {
            uar: output::<AllocUarOut>(command).map(|out| out.uar()),
            ..Default::default()
        },
        Opcode::DeallocUar => CommandFields {
            uar: Some(input::<DeallocUarIn>(command).uar()),
            ..Default::default()
        },
        Opcode::DestroyEq | Opcode::QueryEq => CommandFields {
            eqn: Some(input::<DestroyEqIn>(command).eq_number()),
            ..Default::default()
        },
        Opcode::QueryEswFunctions => {
            let layout_v1 = Some(command.op_mod == ESW_FUNCTIONS_LAYOUT_V1);
            CommandFields {
                layout_v1,
                ..Default::default()
            }
        }
        Opcode::CreateEswVport => CommandFields {
            function_id: command.subject.id,
            vport: output::<CreateEswVportOut>(command).map(|out| out.vport_number()),
            ..Default::default()
        },
        Opcode::DestroyEswVport => CommandFields {
            vport: command.subject.id,
            stub: Some(true),
            ..Default::default()
        },
        Opcode::AllocSf | Opcode::DeallocSf | Opcode::QueryVhcaState | Opcode::ModifyVhcaState => {
            CommandFields {
                function_id: command.subject.id,
                ..Default::default()
            }
        }
        opcode => plain(command, opcode),
    }
}

fn input<L: Layout>(command: &Command) -> L {
    L::from_prefix(&command.input).unwrap_or_default()
}

/// The output, if the command succeeded.
fn output<L: Layout>(command: &Command) -> Option<L> {
    let reply = command
        .reply
        .as_ref()
        .filter(|reply| reply.status == CommandStatus::Ok)?;
    Some(L::from_prefix(&reply.output).unwrap_or_default())
}

fn hca(command: &Command) -> CommandFields {
    let input = input::<EnableHcaIn>(command);
    CommandFields {
        function_id: Some(input.function_id()),
        ec: Some(input.ec_function().into()),
        id_type: Some(input.function_id_type().into()),
        ..Default::default()
    }
}

fn capability(command: &Command) -> CommandFields {
    let input = input::<QueryHcaCapIn>(command);
    let (kind, mode) = CapabilityType::from_op_mod(command.op_mod);
    let mut fields = CommandFields {
        cap_type: Some(kind.raw()),
        ..Default::default()
    };
    if input.other_function() {
        fields.other = Some(1);
        fields.function_id = Some(input.function_id());
        fields.ec_vf = Some(input.ec_vf_function().into());
        fields.id_type = Some(input.function_id_type().into());
    }
    if command.opcode == Opcode::QueryHcaCap {
        fields.cap_mode = Some(if mode == CapabilityMode::Current {
            "cur"
        } else {
            "max"
        });
    } else if kind == CapabilityType::General {
        let area = command.input.get(CAPABILITY_AREA_OFFSET..).unwrap_or_default();
        let area = GeneralCapabilities::from_prefix(area).unwrap_or_default();
        fields.icm_mode_set = Some(area.icm_mng_function_id_mode().into());
        fields.release_all_set = Some(area.release_all_pages().into());
        fields.num_vhca_ports_set = Some(area.num_vhca_ports());
    }
    fields
}

fn pages(command: &Command) -> CommandFields {
    let input = input::<ManagePagesIn>(command);
    let mut fields = CommandFields {
        function_id: Some(input.function_id()),
        ec: Some(input.ec_function().into()),
        ..Default::default()
    };
    if command.opcode == Opcode::QueryPages {
        let output = output::<QueryPagesOut>(command);
        fields.reply_npages = output.map(|out| PageCount::from_bits(out.page_count()).0);
        fields.reply_func = output.map(|out| out.function_id());
    } else {
        fields.entries = Some(input.entry_count());
        if PagesOp::from_raw(command.op_mod) == PagesOp::Take {
            fields.returned = output::<ManagePagesOut>(command).map(|out| out.entry_count());
        }
    }
    fields
}

fn create_eq(command: &Command) -> CommandFields {
    let input = input::<CreateEqIn>(command);
    let context = input.context();
    CommandFields {
        eqn: output::<CreateEqOut>(command).map(|out| out.eq_number()),
        log_eq_size: Some(context.log_eq_size()),
        log_page_size: Some(context.log_page_size()),
        intr: Some(context.intr()),
        uar_page: Some(context.uar_page()),
        mask: Some(format!("{:#x}", input.event_bitmask_0())),
        npas: u32::try_from(command.listed_pages()).ok(),
        first_owner: command.reply.as_ref().and_then(|reply| reply.first_owner),
        ..Default::default()
    }
}

/// Operations whose replies carry nothing that a driver goes by, or only the number of an object.
fn plain(command: &Command, opcode: Opcode) -> CommandFields {
    let created =
        matches!(opcode, Opcode::CreateFlowTable | Opcode::CreateFlowGroup) || is_plain_create(opcode);
    if created {
        let obj = output::<ObjectOutput>(command).map(|out| out.object_id());
        return CommandFields {
            obj,
            ..Default::default()
        };
    }
    let is_vport = matches!(
        opcode,
        Opcode::QueryNicVportContext
            | Opcode::ModifyNicVportContext
            | Opcode::QueryVportState
            | Opcode::ModifyVportState
    );
    let is_flow = matches!(
        opcode,
        Opcode::DestroyFlowTable
            | Opcode::DestroyFlowGroup
            | Opcode::SetFlowTableRoot
            | Opcode::SetFlowTableEntry
            | Opcode::DeleteFlowTableEntry
    );
    let stub = (is_vport || is_flow || is_plain(opcode)).then_some(true);
    if !is_vport {
        return CommandFields {
            stub,
            ..Default::default()
        };
    }
    let input = input::<QueryNicVportContextIn>(command);
    CommandFields {
        vport: Some(input.vport_number()),
        other_vport: Some(input.other_vport().into()),
        stub,
        ..Default::default()
    }
}
