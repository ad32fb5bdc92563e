//! The table of operations: one row for each, with all that firmware knows of it.
//!
//! A new operation is a row here, and what does it in `commands`. What a row says (lengths, subject, latency, demand, what a
//! record tells) is kept by each command from when it is fetched, so that nothing else here asks for the opcode.

pub(crate) mod fields;

use crate::bus::Buses;
use crate::commands::{
    adapter, capability, eswitch, event_queue, flow_table, function, pages, resource, subfunction, vport,
};
use crate::record::CommandFields;
use crate::reply::{Answered, Refusal};
use crate::state::command::Command;
use crate::state::latency::Latency;
use crate::state::message_length::PageList;
use crate::state::operation::{About, Demand, Exchange, Operation};
use crate::state::silicon::Silicon;
use Handler::{OnBus, Quiet};
use prm::command::Command as Form;
use prm::{Cycles, Opcode, access_register, capability as cap, eswitch as esw, event_queue as eq};
use prm::{flow_table as ft, hca, pages as pg, subfunction as sf, uar, vport as vp};

/// What executes a command.
#[derive(Clone, Copy, Debug)]
enum Handler {
    /// By what firmware knows alone.
    Quiet(fn(&mut Silicon, &Command) -> Answered),
    /// At a time, with DMA or events to hosts.
    OnBus(fn(&mut Silicon, &Command, Cycles, &mut dyn Buses) -> Answered),
}

/// A row of the table.
#[derive(Debug)]
struct Row {
    operation: Operation,
    handler: Handler,
}

/// Length of the heads: the shortest there is.
const HEAD: usize = 8;

impl Row {
    /// An operation whose messages have at least these lengths, about the function that sends it, of the usual latency.
    const fn new(opcode: Opcode, shortest_input: usize, shortest_output: usize, handler: Handler) -> Self {
        let operation = Operation {
            opcode,
            shortest_input,
            shortest_output,
            list: PageList::None,
            about: About::Itself,
            latency: Latency::USUAL,
            demand: Demand::Nothing,
            fields: fields::none,
        };
        Self { operation, handler }
    }

    /// An operation with the layouts of this form.
    const fn of<C: Form>(handler: Handler) -> Self {
        Self::new(C::OPCODE, C::INPUT_LENGTH, C::OUTPUT_LENGTH, handler)
    }

    /// An operation without layouts.
    const fn bare(opcode: Opcode, handler: Handler) -> Self {
        Self::new(opcode, HEAD, HEAD, handler)
    }

    /// An operation that has no effect that anything here depends on: it is done with an output of zeros.
    const fn done(opcode: Opcode) -> Self {
        Self::bare(opcode, Quiet(resource::done)).shows(fields::stub)
    }

    /// An operation that creates something that firmware only numbers.
    const fn numbers(opcode: Opcode) -> Self {
        Self::bare(opcode, Quiet(resource::number)).shows(fields::created)
    }

    const fn about(mut self, about: About) -> Self {
        self.operation.about = about;
        self
    }

    const fn shows(mut self, fields: fn(&Exchange<'_>) -> CommandFields) -> Self {
        self.operation.fields = fields;
        self
    }

    const fn takes(mut self, latency: Latency) -> Self {
        self.operation.latency = latency;
        self
    }

    const fn demands(mut self, demand: Demand) -> Self {
        self.operation.demand = demand;
        self
    }

    const fn lists(mut self, list: PageList) -> Self {
        self.operation.list = list;
        self
    }
}

/// The rows, in the order of their opcodes.
#[rustfmt::skip]
static ROWS: &[Row] = &[
    Row::of::<cap::QueryHcaCap>(Quiet(capability::query_hca_cap)).about(About::Capability).shows(fields::capability).takes(Latency::Micros(200)),
    Row::of::<hca::QueryAdapter>(Quiet(adapter::query_adapter)),
    Row::of::<hca::InitHca>(OnBus(function::init_hca)).shows(fields::init_hca).takes(Latency::Micros(100)),
    Row::of::<hca::TeardownHca>(OnBus(function::teardown_hca)).shows(fields::teardown_hca).takes(Latency::Micros(100)),
    Row::of::<hca::EnableHca>(OnBus(function::enable_hca)).about(About::Hca).shows(fields::hca).demands(Demand::OfOthers(16)),
    Row::of::<hca::DisableHca>(OnBus(function::disable_hca)).about(About::Hca).shows(fields::hca),
    Row::of::<pg::QueryPages>(Quiet(pages::query_pages)).about(About::PageOwner).shows(fields::pages),
    Row::of::<pg::ManagePages>(OnBus(pages::manage_pages)).about(About::PageOwner).shows(fields::pages).lists(PageList::ManagePages).takes(Latency::ManagePages),
    Row::of::<cap::SetHcaCap>(OnBus(capability::set_hca_cap)).about(About::Capability).shows(fields::capability).takes(Latency::Micros(200)),
    Row::of::<hca::QueryIssi>(Quiet(function::query_issi)),
    Row::of::<hca::SetIssi>(Quiet(function::set_issi)).shows(fields::set_issi),
    Row::done(Opcode::SetDriverVersion),
    Row::of::<sf::AllocSf>(Quiet(subfunction::alloc_sf)).about(About::Managed).shows(fields::function_id).demands(Demand::Pages(8)),
    Row::of::<sf::DeallocSf>(Quiet(subfunction::dealloc_sf)).about(About::Managed).shows(fields::function_id),
    Row::numbers(Opcode::CreateMkey),
    Row::done(Opcode::DestroyMkey),
    Row::done(Opcode::QuerySpecialContexts),
    Row::of::<eq::CreateEq>(OnBus(event_queue::create_eq)).shows(fields::create_eq).lists(PageList::EventQueue).takes(Latency::Listed { base: 100, per_page: 1 }).demands(Demand::PerListed(32)),
    Row::of::<eq::DestroyEq>(Quiet(event_queue::destroy_eq)).shows(fields::event_queue).takes(Latency::Micros(60)),
    Row::bare(Opcode::QueryEq, Quiet(event_queue::query_eq)).shows(fields::event_queue),
    Row::numbers(Opcode::CreateCq),
    Row::done(Opcode::DestroyCq),
    Row::done(Opcode::QueryCq),
    Row::done(Opcode::ModifyCq),
    Row::of::<esw::QueryDelegatedVhca>(Quiet(eswitch::query_delegated_vhca)),
    Row::of::<esw::CreateEswVport>(Quiet(eswitch::create_esw_vport)).about(About::VhcaId).shows(fields::create_esw_vport),
    Row::of::<esw::DestroyEswVport>(Quiet(eswitch::destroy_esw_vport)).about(About::OtherVport).shows(fields::destroy_esw_vport),
    Row::of::<esw::QueryEswFunctions>(Quiet(eswitch::query_esw_functions)).shows(fields::query_esw_functions).takes(Latency::Micros(60)),
    Row::of::<vp::QueryVportState>(Quiet(vport::query_vport_state)).about(About::Vport).shows(fields::vport).takes(Latency::Micros(40)),
    Row::of::<vp::ModifyVportState>(Quiet(vport::modify_vport_state)).about(About::Vport).shows(fields::vport).takes(Latency::Micros(40)),
    Row::of::<vp::QueryEswVportContext>(Quiet(vport::query_esw_vport_context)).about(About::Vport).shows(fields::stub),
    Row::of::<vp::ModifyEswVportContext>(Quiet(vport::modify_esw_vport_context)).about(About::Vport).shows(fields::stub),
    Row::of::<vp::QueryNicVportContext>(Quiet(vport::query_nic_vport_context)).about(About::Vport).shows(fields::vport).takes(Latency::Micros(40)),
    Row::of::<vp::ModifyNicVportContext>(Quiet(vport::modify_nic_vport_context)).about(About::Vport).shows(fields::vport).takes(Latency::Micros(40)),
    Row::done(Opcode::QueryHcaVportContext).about(About::Vport),
    Row::done(Opcode::QueryVnicEnv).about(About::Vport),
    Row::done(Opcode::QueryVportCounter).about(About::Vport),
    Row::numbers(Opcode::AllocQCounter),
    Row::done(Opcode::DeallocQCounter),
    Row::done(Opcode::QueryQCounter),
    Row::numbers(Opcode::AllocPd),
    Row::done(Opcode::DeallocPd),
    Row::of::<uar::AllocUar>(Quiet(resource::alloc_uar)).shows(fields::alloc_uar),
    Row::of::<uar::DeallocUar>(Quiet(resource::dealloc_uar)).shows(fields::dealloc_uar),
    Row::of::<access_register::AccessRegister>(OnBus(adapter::access_register)).shows(fields::access_register).takes(Latency::Micros(120)),
    Row::done(Opcode::Nop),
    Row::numbers(Opcode::AllocTransportDomain),
    Row::done(Opcode::DeallocTransportDomain),
    Row::done(Opcode::SetL2TableEntry),
    Row::done(Opcode::DeleteL2TableEntry),
    Row::numbers(Opcode::CreateTir),
    Row::done(Opcode::ModifyTir),
    Row::done(Opcode::DestroyTir),
    Row::numbers(Opcode::CreateSq),
    Row::done(Opcode::ModifySq),
    Row::done(Opcode::DestroySq),
    Row::numbers(Opcode::CreateRq),
    Row::done(Opcode::ModifyRq),
    Row::done(Opcode::DestroyRq),
    Row::numbers(Opcode::CreateTis),
    Row::done(Opcode::DestroyTis),
    Row::numbers(Opcode::CreateRqt),
    Row::done(Opcode::ModifyRqt),
    Row::done(Opcode::DestroyRqt),
    Row::of::<ft::SetFlowTableRoot>(Quiet(flow_table::set_flow_table_root)).shows(fields::stub),
    Row::of::<ft::CreateFlowTable>(Quiet(flow_table::create_flow_table)).shows(fields::created).takes(Latency::Micros(60)).demands(Demand::Pages(2)),
    Row::of::<ft::DestroyFlowTable>(Quiet(flow_table::destroy_flow_table)).shows(fields::stub).takes(Latency::Micros(60)),
    Row::of::<ft::CreateFlowGroup>(Quiet(flow_table::create_flow_group)).shows(fields::created).takes(Latency::Micros(60)).demands(Demand::Pages(1)),
    Row::of::<ft::DestroyFlowGroup>(Quiet(flow_table::destroy_flow_group)).shows(fields::stub).takes(Latency::Micros(60)),
    Row::of::<ft::SetFlowTableEntry>(Quiet(flow_table::set_flow_table_entry)).shows(fields::stub),
    Row::of::<ft::DeleteFlowTableEntry>(Quiet(flow_table::delete_flow_table_entry)).shows(fields::stub),
    Row::numbers(Opcode::AllocFlowCounter),
    Row::done(Opcode::DeallocFlowCounter),
    Row::done(Opcode::QueryFlowCounter),
    Row::done(Opcode::ModifyFlowTable),
    Row::numbers(Opcode::AllocPacketReformatContext),
    Row::done(Opcode::DeallocPacketReformatContext),
    Row::numbers(Opcode::AllocModifyHeaderContext),
    Row::done(Opcode::DeallocModifyHeaderContext),
    Row::numbers(Opcode::CreateGeneralObject),
    Row::done(Opcode::DestroyGeneralObject),
    Row::of::<sf::QueryVhcaState>(Quiet(subfunction::query_vhca_state)).about(About::Managed).shows(fields::function_id),
    Row::of::<sf::ModifyVhcaState>(OnBus(subfunction::modify_vhca_state)).about(About::Managed).shows(fields::function_id),
];

/// What is no operation.
static UNKNOWN: Row = Row::bare(Opcode::Unknown(0), Quiet(resource::unknown));

// INVARIANT: the rows are in order, each opcode once.
const _: () = {
    let mut at = 1;
    while at < ROWS.len() {
        assert!(ROWS[at - 1].operation.opcode.raw() < ROWS[at].operation.opcode.raw());
        at += 1;
    }
};

fn row(opcode: Opcode) -> &'static Row {
    let found = ROWS.binary_search_by_key(&opcode.raw(), |row| row.operation.opcode.raw());
    found.map_or(&UNKNOWN, |at| &ROWS[at])
}

/// What firmware knows of an operation.
pub(crate) fn of(opcode: Opcode) -> &'static Operation {
    &row(opcode).operation
}

/// Executes a command.
pub(crate) fn execute(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    let reaches =
        |length: u32, shortest: usize| usize::try_from(length).is_ok_and(|length| length >= shortest);
    if !reaches(command.in_len, command.operation.shortest_input) {
        return Err(Refusal::InputLength);
    }
    if !reaches(command.out_len, command.operation.shortest_output) {
        return Err(Refusal::OutputLength);
    }
    match row(command.opcode).handler {
        Quiet(handler) => handler(silicon, command),
        OnBus(handler) => handler(silicon, command, at, buses),
    }
}
