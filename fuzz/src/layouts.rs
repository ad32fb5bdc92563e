//! `layouts`: bytes as each layout of `prm`, both ways.
//!
//! The first byte picks a layout, the next two a field and a bit of it; the rest is what lies on the wire. Whatever it is, the layout
//! gives the same bytes back, its fields say all but the gaps, and none of them reaches into another. Numbers that stand for words
//! keep their numbers.

use prm::access_register::{
    AccessRegisterIn, AccessRegisterOut, DefaultTimeouts, FirmwareResetLevel, HostEndianness,
};
use prm::capability::{CapabilityMode, CapabilityType, QueryHcaCapIn, QueryHcaCapOut, SetHcaCapIn};
use prm::capability_area::{
    EswitchCapabilities, EswitchFlowTableCapabilities, EthernetCapabilities, FlowTableProperties,
    GeneralCapabilities, GeneralCapabilities2, NicFlowTableCapabilities,
};
use prm::command::{InputHeader, ObjectOutput, OutputHeader, ShortStatusOutput, StatusOutput};
use prm::command_queue::{CommandEntry, Mailbox};
use prm::component::{ComponentInformation, ComponentStatus, ComponentVersion, ManagementCapabilities};
use prm::eswitch::{
    CreateEswVportIn, CreateEswVportOut, DelegatedVhca, DestroyEswVportIn, HostFunctions, NetworkFunction,
    QueryDelegatedVhcaIn, QueryDelegatedVhcaOut, QueryEswFunctionsIn, QueryEswFunctionsOut,
};
use prm::event::{
    CommandCompletion, EswFunctionsChanged, EventData, EventEntry, PageRequest, PortChange, SyncReset,
    VhcaStateChange, VportChange,
};
use prm::event_queue::{CreateEqIn, CreateEqOut, DestroyEqIn, EqContext};
use prm::flow_table::{
    CreateFlowGroupIn, CreateFlowGroupOut, CreateFlowTableIn, CreateFlowTableOut, DeleteFlowTableEntryIn,
    DestroyFlowGroupIn, DestroyFlowTableIn, SetFlowTableEntryIn, SetFlowTableRootIn,
};
use prm::hca::{
    DisableHcaIn, EnableHcaIn, InitHcaIn, QueryAdapterIn, QueryAdapterOut, QueryIssiIn, QueryIssiOut,
    SetIssiIn, TeardownHcaIn, TeardownHcaOut,
};
use prm::init_segment::{
    FirmwareRevision, HealthBuffer, InitializingWord, InterfaceRevision, QueueAddressLow, Timeout,
};
use prm::pages::{ManagePagesIn, ManagePagesOut, QueryPagesIn, QueryPagesOut};
use prm::port::{PortCounters, PortMtu, PortStatus, PortTypeAndSpeed};
use prm::subfunction::{AllocSfIn, DeallocSfIn, ModifyVhcaStateIn, QueryVhcaStateIn, QueryVhcaStateOut};
use prm::uar::{AllocUarIn, AllocUarOut, DeallocUarIn, EqDoorbell};
use prm::vport::{
    EswVportContext, MacAddressEntry, ModifyEswVportContextIn, ModifyNicVportContextIn, ModifyVportStateIn,
    NicVportContext, QueryNicVportContextIn, QueryNicVportContextOut, QueryVportStateIn, QueryVportStateOut,
};
use prm::{
    CommandStatus, DeliveryStatus, EventType, Function, Layout, LayoutError, Opcode, PageCount, PagesOp, bits,
};

/// A layout by its name, and what is promised of it.
type Row = (&'static str, fn(&[u8], Probe));

macro_rules! layouts {
    ($($layout:ident)*) => {
        /// Every layout of `prm`. A test reads the crate's source and says which one is missing.
        pub const LAYOUTS: &[Row] = &[$((stringify!($layout), both_ways::<$layout>)),*];
    };
}

layouts! {
    GeneralCapabilities GeneralCapabilities2 EswitchCapabilities FlowTableProperties NicFlowTableCapabilities
    EswitchFlowTableCapabilities EthernetCapabilities InputHeader OutputHeader StatusOutput ShortStatusOutput ObjectOutput
    QueryNicVportContextIn QueryNicVportContextOut NicVportContext MacAddressEntry QueryVportStateIn QueryVportStateOut
    ModifyVportStateIn ModifyEswVportContextIn ModifyNicVportContextIn EswVportContext QueryEswFunctionsIn QueryEswFunctionsOut HostFunctions NetworkFunction CreateEswVportIn
    CreateEswVportOut DestroyEswVportIn QueryDelegatedVhcaIn QueryDelegatedVhcaOut DelegatedVhca EqDoorbell AllocUarIn
    AllocUarOut DeallocUarIn AccessRegisterIn AccessRegisterOut HostEndianness DefaultTimeouts FirmwareResetLevel QueryHcaCapIn
    QueryHcaCapOut SetHcaCapIn EventEntry CommandCompletion PageRequest PortChange VportChange EswFunctionsChanged SyncReset
    VhcaStateChange PortMtu PortTypeAndSpeed PortStatus PortCounters EnableHcaIn DisableHcaIn InitHcaIn TeardownHcaIn
    TeardownHcaOut QueryIssiIn QueryIssiOut SetIssiIn QueryAdapterIn QueryAdapterOut ManagementCapabilities ComponentStatus
    ComponentInformation ComponentVersion CreateFlowTableIn CreateFlowTableOut DestroyFlowTableIn CreateFlowGroupIn
    CreateFlowGroupOut DestroyFlowGroupIn SetFlowTableRootIn SetFlowTableEntryIn DeleteFlowTableEntryIn AllocSfIn DeallocSfIn
    QueryVhcaStateIn QueryVhcaStateOut ModifyVhcaStateIn EqContext CreateEqIn CreateEqOut DestroyEqIn FirmwareRevision
    InterfaceRevision QueueAddressLow InitializingWord HealthBuffer Timeout QueryPagesIn QueryPagesOut ManagePagesIn
    ManagePagesOut CommandEntry Mailbox
}

/// The field that is changed, and the bit of it.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    field: u8,
    bit: u8,
}

/// Reads an input.
pub fn run(input: &[u8]) {
    let [layout, field, bit, wire @ ..] = input else {
        return;
    };
    let (_, check) = LAYOUTS[usize::from(*layout) % LAYOUTS.len()];
    let probe = Probe {
        field: *field,
        bit: *bit,
    };
    check(wire, probe);
    words(wire);
    signatures(wire);
    event(wire);
}

/// The first bytes of the wire, and zeros where it is too short.
fn area(wire: &[u8], size: usize) -> Vec<u8> {
    let mut area = wire[..wire.len().min(size)].to_vec();
    area.resize(size, 0);
    area
}

fn both_ways<L: Layout>(wire: &[u8], probe: Probe) {
    let whole = area(wire, L::SIZE);
    let decoded = L::from_bytes(&whole).expect("the length is right");
    assert_eq!(decoded.as_bytes(), whole, "encode(decode(x)) is x");
    lengths::<L>(wire);

    // What the fields say is all but the gaps: built anew from them, each field reads the same.
    let mut built = L::default();
    for field in L::FIELDS {
        let value = field.get(&whole);
        assert_eq!(value & !bits::mask(field.width), 0, "{}.{}", L::NAME, field.name);
        field.set(built.as_bytes_mut(), value);
    }
    let read = L::from_bytes(built.as_bytes()).expect("the length is right");
    assert_eq!(read, built, "decode(encode(y)) is y");
    let mut gaps = whole.clone();
    for field in L::FIELDS {
        assert_eq!(
            field.get(read.as_bytes()),
            field.get(&whole),
            "{}.{}",
            L::NAME,
            field.name
        );
        field.set(&mut gaps, 0);
    }
    let joined: Vec<u8> = built
        .as_bytes()
        .iter()
        .zip(&gaps)
        .map(|(field, gap)| field | gap)
        .collect();
    assert_eq!(
        joined,
        whole,
        "{}: fields and gaps are the whole, and share nothing",
        L::NAME
    );

    // One bit of one field is one bit of the area, and no other field's.
    if let Some(changed) = L::FIELDS.get(usize::from(probe.field) % L::FIELDS.len().max(1)) {
        let bit = 1 << (u32::from(probe.bit) % changed.width);
        let mut other = decoded.clone();
        changed.set(other.as_bytes_mut(), changed.get(&whole) ^ bit);
        let differing: u32 = other
            .as_bytes()
            .iter()
            .zip(&whole)
            .map(|(one, other)| (one ^ other).count_ones())
            .sum();
        assert_eq!(differing, 1, "{}.{}", L::NAME, changed.name);
        for field in L::FIELDS.iter().filter(|field| field.name != changed.name) {
            let (now, before) = (field.get(other.as_bytes()), field.get(&whole));
            assert_eq!(
                now,
                before,
                "{}.{} has changed with {}",
                L::NAME,
                field.name,
                changed.name
            );
        }
    }

    let shown = format!("{decoded:?}");
    assert!(shown.starts_with(L::NAME));
    // A name and a number in hexadecimal for each field.
    let longest: usize = L::FIELDS.iter().map(|field| field.name.len() + 24).sum();
    assert!(shown.len() <= L::NAME.len() + 16 + longest, "{shown}");
}

/// A layout is read from as many bytes as it has and no others, but for a prefix.
fn lengths<L: Layout>(wire: &[u8]) {
    match L::from_bytes(wire) {
        Ok(_) => assert_eq!(wire.len(), L::SIZE),
        Err(error) => {
            let (layout, expected, actual) = (L::NAME, L::SIZE, wire.len());
            assert_eq!(
                error,
                LayoutError::WrongSize {
                    layout,
                    expected,
                    actual
                }
            );
            assert_ne!(actual, expected);
        }
    }
    match L::from_prefix(wire) {
        Ok(prefix) => assert_eq!(prefix.as_bytes(), &wire[..L::SIZE]),
        Err(error) => {
            let (layout, expected, actual) = (L::NAME, L::SIZE, wire.len());
            assert_eq!(
                error,
                LayoutError::TooShort {
                    layout,
                    expected,
                    actual
                }
            );
            assert!(actual < expected);
        }
    }
}

macro_rules! keeps_its_number {
    ($($word:ident: $raw:expr;)*) => {$({
        let value = $word::from_raw($raw);
        assert_eq!(value.raw(), $raw, "{value:?}");
        match $word::from_name(value.name()) {
            Some(known) => assert_eq!(known, value),
            None => assert!(matches!(value, $word::Unknown(_))),
        }
    })*};
}

/// Numbers that stand for words, words of 32 bits that stand for registers, and a function by its name.
fn words(wire: &[u8]) {
    let area = area(wire, 8);
    let word = u32::from_be_bytes([area[0], area[1], area[2], area[3]]);
    let half = u16::from_be_bytes([area[4], area[5]]);
    let byte = area[6];
    keeps_its_number! {
        Opcode: half; PagesOp: half; CommandStatus: byte; DeliveryStatus: byte; EventType: byte;
    }
    let (kind, mode) = CapabilityType::from_op_mod(half);
    assert_eq!(kind.op_mod(mode), half);
    assert_eq!(CapabilityType::from_set_op_mod(kind.set_op_mod()), kind);
    assert_eq!(mode == CapabilityMode::Current, half & 1 == 1);
    assert_eq!(PageCount::from_bits(word).to_bits(), word);
    assert_eq!(EqDoorbell::from_word(word).to_word(), word);
    assert_eq!(InitializingWord::from_word(word).to_word(), word);
    let timeout = Timeout::from_word(word);
    assert_eq!(timeout.to_word(), word);
    if let Some(cycles) = timeout.to_cycles() {
        // The finest unit that holds it may be another one; the time is the same.
        let told = Timeout::from_millis(cycles.as_millis())
            .to_cycles()
            .expect("the unit is known");
        assert_eq!(told, cycles, "{timeout:?}");
    }
    if let Ok(text) = std::str::from_utf8(wire)
        && let Ok(function) = text.parse::<Function>()
    {
        assert_eq!(function.to_string().parse(), Ok(function), "{text}");
    }
}

/// What is signed is seen to be, and one bit less is not.
fn signatures(wire: &[u8]) {
    let flipped = wire.first().map_or(0, |byte| usize::from(*byte) * 8 % 512);
    let mut entry = CommandEntry::from_bytes(&area(wire, CommandEntry::SIZE)).expect("the length is right");
    entry.sign();
    assert!(entry.is_signed(), "{entry:?}");
    entry.as_bytes_mut()[flipped / 8] ^= 1;
    assert!(!entry.is_signed(), "{entry:?}");
    let mut mailbox = Mailbox::from_bytes(&area(wire, Mailbox::SIZE)).expect("the length is right");
    mailbox.sign();
    assert!(mailbox.is_signed(), "{mailbox:?}");
    mailbox.data_mut()[flipped / 8] ^= 1;
    assert!(!mailbox.is_signed(), "{mailbox:?}");
}

/// The data of an event is the data that was put into it.
fn event(wire: &[u8]) {
    fn carried<D: EventData>(wire: &[u8]) {
        let data = D::from_bytes(&area(wire, D::SIZE)).expect("the length is right");
        let entry = EventEntry::of(&data);
        assert_eq!(entry.kind(), D::EVENT_TYPE);
        assert_eq!(entry.data::<D>(), data);
        assert!(!entry.owner());
    }
    carried::<CommandCompletion>(wire);
    carried::<PageRequest>(wire);
    carried::<PortChange>(wire);
    carried::<VportChange>(wire);
    carried::<EswFunctionsChanged>(wire);
    carried::<SyncReset>(wire);
    carried::<VhcaStateChange>(wire);
}
