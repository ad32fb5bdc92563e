//! What a record tells of a command, read from its input and output. Inputs that are too short read as zero; outputs count only
//! where the command succeeded.

use crate::record::{CapabilityValues, CommandFields, Hex};
use crate::state::operation::Exchange;
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
use prm::{CapabilityType, Opcode, PageCount, PagesOp};

/// Nothing.
pub(crate) fn none(_: &Exchange<'_>) -> CommandFields {
    CommandFields::default()
}

/// The reply carries nothing that a driver goes by.
pub(crate) fn stub(_: &Exchange<'_>) -> CommandFields {
    CommandFields {
        stub: Some(true),
        ..Default::default()
    }
}

/// The number of the object that was created.
pub(crate) fn created(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        obj: exchange.output::<ObjectOutput>().map(|out| out.object_id()),
        ..Default::default()
    }
}

/// The vport, and that the reply carries nothing that a driver goes by.
pub(crate) fn vport(exchange: &Exchange<'_>) -> CommandFields {
    let input = exchange.input::<QueryNicVportContextIn>();
    CommandFields {
        vport: Some(input.vport_number()),
        other_vport: Some(input.other_vport().into()),
        stub: Some(true),
        ..Default::default()
    }
}

/// The function id of the input.
pub(crate) fn function_id(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        function_id: exchange.id,
        ..Default::default()
    }
}

pub(crate) fn set_issi(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        issi: Some(exchange.input::<SetIssiIn>().current_issi()),
        ..Default::default()
    }
}

pub(crate) fn init_hca(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        sw_vhca_id: Some(exchange.input::<InitHcaIn>().sw_vhca_id()),
        ..Default::default()
    }
}

pub(crate) fn teardown_hca(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        profile: Some(exchange.input::<TeardownHcaIn>().profile()),
        ..Default::default()
    }
}

pub(crate) fn access_register(exchange: &Exchange<'_>) -> CommandFields {
    let input = exchange.input::<AccessRegisterIn>();
    CommandFields {
        reg: Some(Hex(input.register_id().into())),
        arg: Some(input.argument()),
        ..Default::default()
    }
}

pub(crate) fn alloc_uar(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        uar: exchange.output::<AllocUarOut>().map(|out| out.uar()),
        ..Default::default()
    }
}

pub(crate) fn dealloc_uar(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        uar: Some(exchange.input::<DeallocUarIn>().uar()),
        ..Default::default()
    }
}

pub(crate) fn event_queue(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        eqn: Some(exchange.input::<DestroyEqIn>().eq_number()),
        ..Default::default()
    }
}

pub(crate) fn query_esw_functions(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        layout_v1: Some(exchange.op_mod == ESW_FUNCTIONS_LAYOUT_V1),
        ..Default::default()
    }
}

pub(crate) fn create_esw_vport(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        function_id: exchange.id,
        vport: exchange
            .output::<CreateEswVportOut>()
            .map(|out| out.vport_number()),
        ..Default::default()
    }
}

pub(crate) fn destroy_esw_vport(exchange: &Exchange<'_>) -> CommandFields {
    CommandFields {
        vport: exchange.id,
        stub: Some(true),
        ..Default::default()
    }
}

pub(crate) fn hca(exchange: &Exchange<'_>) -> CommandFields {
    let input = exchange.input::<EnableHcaIn>();
    CommandFields {
        function_id: Some(input.function_id()),
        ec: Some(input.ec_function().into()),
        id_type: Some(input.function_id_type().into()),
        ..Default::default()
    }
}

pub(crate) fn capability(exchange: &Exchange<'_>) -> CommandFields {
    let input = exchange.input::<QueryHcaCapIn>();
    let (kind, mode) = CapabilityType::from_op_mod(exchange.op_mod);
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
    if exchange.opcode == Opcode::QueryHcaCap {
        fields.cap_mode = Some(CapabilityValues::from(mode));
    } else if kind == CapabilityType::General {
        let area = exchange.input.get(CAPABILITY_AREA_OFFSET..).unwrap_or_default();
        let area = GeneralCapabilities::from_prefix(area).unwrap_or_default();
        fields.icm_mode_set = Some(area.icm_mng_function_id_mode().into());
        fields.release_all_set = Some(area.release_all_pages().into());
        fields.num_vhca_ports_set = Some(area.num_vhca_ports());
    }
    fields
}

pub(crate) fn pages(exchange: &Exchange<'_>) -> CommandFields {
    let input = exchange.input::<ManagePagesIn>();
    let mut fields = CommandFields {
        function_id: Some(input.function_id()),
        ec: Some(input.ec_function().into()),
        ..Default::default()
    };
    if exchange.opcode == Opcode::QueryPages {
        let output = exchange.output::<QueryPagesOut>();
        fields.reply_npages = output.map(|out| PageCount::from_bits(out.page_count()).0);
        fields.reply_func = output.map(|out| out.function_id());
    } else {
        fields.entries = Some(input.entry_count());
        if PagesOp::from_raw(exchange.op_mod) == PagesOp::Take {
            fields.returned = exchange.output::<ManagePagesOut>().map(|out| out.entry_count());
        }
    }
    fields
}

pub(crate) fn create_eq(exchange: &Exchange<'_>) -> CommandFields {
    let input = exchange.input::<CreateEqIn>();
    let context = input.context();
    CommandFields {
        eqn: exchange.output::<CreateEqOut>().map(|out| out.eq_number()),
        log_eq_size: Some(context.log_eq_size()),
        log_page_size: Some(context.log_page_size()),
        intr: Some(context.intr()),
        uar_page: Some(context.uar_page()),
        mask: Some(Hex(input.event_bitmask_0())),
        npas: u32::try_from(exchange.listed_pages).ok(),
        first_owner: exchange.reply.and_then(|reply| reply.first_owner),
        ..Default::default()
    }
}
