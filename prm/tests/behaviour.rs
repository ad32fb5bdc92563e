//! The small computations of the crate: sizes, signatures, names, time-outs, numbers.

use mlx5_prm::capability::{CapabilityMode, CapabilityType, QueryHcaCap, SetHcaCap};
use mlx5_prm::command::{Command, InputHeader};
use mlx5_prm::command_queue::{CommandEntry, Mailbox, mailboxes_for};
use mlx5_prm::eswitch::QueryEswFunctions;
use mlx5_prm::event::EventType;
use mlx5_prm::flow_table::{CreateFlowGroup, CreateFlowTable};
use mlx5_prm::hca::{EnableHca, InitHca, QueryAdapter, QueryIssi};
use mlx5_prm::init_segment::Timeout;
use mlx5_prm::pages::{ManagePages, QueryPages, QueryPagesIn};
use mlx5_prm::vport::{ModifyNicVportContext, QueryNicVportContext};
use mlx5_prm::{
    CommandStatus, Cycles, DeliveryStatus, LayoutError, Opcode, PageCount, PagesOp, QueryPagesPhase, UarIndex,
};
use proptest::prelude::*;

#[test]
fn the_length_of_the_bytes_must_be_right() {
    assert!(QueryPagesIn::from_bytes(&[0; 16]).is_ok());
    for actual in [0, 15, 17] {
        let error = LayoutError::WrongSize {
            layout: "QueryPagesIn",
            expected: 16,
            actual,
        };
        assert_eq!(QueryPagesIn::from_bytes(&vec![0; actual]), Err(error));
    }
    assert!(QueryPagesIn::from_prefix(&[0; 17]).is_ok());
    let error = LayoutError::TooShort {
        layout: "QueryPagesIn",
        expected: 16,
        actual: 15,
    };
    assert_eq!(QueryPagesIn::from_prefix(&[0; 15]), Err(error));
    assert_eq!(
        error.to_string(),
        "QueryPagesIn needs 16 bytes, only 15 are there"
    );
}

#[test]
fn debug_shows_what_is_not_zero() {
    let input = QueryPages::input()
        .with_op_mod(QueryPagesPhase::Boot.raw())
        .with_function_id(7);
    assert_eq!(
        format!("{input:?}"),
        "QueryPagesIn { opcode: 0x107, op_mod: 0x1, function_id: 0x7, .. }"
    );
}

#[test]
fn the_signature_makes_the_exclusive_or_all_ones() {
    let mut entry = CommandEntry::new()
        .with_kind(7)
        .with_input_length(16)
        .with_token(0x5a)
        .with_owner(true);
    entry.sign();
    // 0x07 ^ 0x10 ^ 0x5a ^ 0x01 = 0x4c, and its complement is 0xb3.
    assert_eq!(entry.signature(), 0xb3);
    assert!(entry.is_signed());
    entry.inline_input_mut()[3] ^= 0x40;
    assert!(!entry.is_signed());
}

#[test]
fn mailbox_signatures_cover_trailer_and_data() {
    let mut mailbox = Mailbox::new();
    mailbox.sign();
    // Over nothing but zeros the control signature is 0xff; with that byte in, the whole is 0x00.
    assert_eq!((mailbox.control_signature(), mailbox.signature()), (0xff, 0x00));
    mailbox.data_mut()[0] = 1;
    assert!(!mailbox.is_signed());
    mailbox.set_block_number(3);
    mailbox.sign();
    assert!(mailbox.is_signed());
    assert_eq!((mailbox.control_signature(), mailbox.signature()), (0xfc, 0x01));
}

#[test]
fn mailboxes_hold_what_the_entry_does_not() {
    // 20000 pages are 160016 bytes: 313 mailboxes.
    for (length, count) in [
        (0, 0),
        (16, 0),
        (17, 1),
        (528, 1),
        (529, 2),
        (4112, 8),
        (160_016, 313),
    ] {
        assert_eq!(mailboxes_for(length), count, "{length} bytes");
    }
}

#[test]
fn timeouts_have_four_units() {
    let cycles = |word| Timeout::from_word(word).to_cycles();
    assert_eq!(cycles(2000), Some(Cycles::from_secs(2)));
    assert_eq!(cycles(1 << 29 | 60), Some(Cycles::from_secs(60)));
    assert_eq!(cycles(2 << 29 | 2), Some(Cycles::from_secs(120)));
    assert_eq!(cycles(3 << 29 | 1), Some(Cycles::from_secs(3600)));
    assert_eq!(cycles(4 << 29 | 1), None);
    assert_eq!(Timeout::from_millis(60_000).to_word(), 60_000);
    assert_eq!(Timeout::from_millis(0x10_0000).to_word(), 1 << 29 | 1048);
    assert_eq!(Timeout::from_millis(u64::MAX).to_word(), 3 << 29 | 0xf_ffff);
}

#[test]
fn cycles_are_nanoseconds_and_saturate() {
    assert_eq!(Cycles::from_millis(2), Cycles(2_000_000));
    assert_eq!(Cycles::from_secs(u64::MAX), Cycles::MAX);
    assert_eq!(Cycles(1).saturating_sub(Cycles(2)), Cycles::ZERO);
    assert_eq!(Cycles::MAX.saturating_add(Cycles(1)), Cycles::MAX);
    assert_eq!(Cycles(1500).to_string(), "1500 ns");
}

#[test]
fn page_counts_are_signed() {
    assert_eq!(PageCount::from_bits(0xffff_fffc), PageCount(-4));
    assert_eq!(PageCount(-4).to_bits(), 0xffff_fffc);
    assert_eq!(UarIndex(8).bar_offset(), 0x8000);
}

#[test]
fn capability_op_mods_are_type_and_mode() {
    let rows = [
        (0, CapabilityType::General, CapabilityMode::Max),
        (1, CapabilityType::General, CapabilityMode::Current),
        (17, CapabilityType::EswitchFlowTable, CapabilityMode::Current),
        (19, CapabilityType::Eswitch, CapabilityMode::Current),
        (0x40, CapabilityType::General2, CapabilityMode::Max),
        (0x41, CapabilityType::General2, CapabilityMode::Current),
        (0x55, CapabilityType::Unknown(0x2a), CapabilityMode::Current),
    ];
    for (op_mod, kind, mode) in rows {
        assert_eq!(CapabilityType::from_op_mod(op_mod), (kind, mode));
        assert_eq!(kind.op_mod(mode), op_mod);
    }
    assert_eq!(CapabilityType::General2.set_op_mod(), 0x40);
}

#[test]
fn enums_keep_every_number() {
    for raw in 0..=u16::MAX {
        assert_eq!(Opcode::from_raw(raw).raw(), raw);
    }
    for raw in 0..=u8::MAX {
        assert_eq!(EventType::from_raw(raw).raw(), raw);
        assert_eq!(CommandStatus::from_raw(raw).raw(), raw);
        assert_eq!(DeliveryStatus::from_raw(raw).raw(), raw);
    }
    assert_eq!(Opcode::from_raw(0x108).name(), "MANAGE_PAGES");
    assert_eq!(Opcode::from_name("MANAGE_PAGES"), Some(Opcode::ManagePages));
    assert_eq!(Opcode::from_raw(0xfff).to_string(), "UNKNOWN(0xfff)");
    assert_eq!(CommandStatus::from_raw(0x51), CommandStatus::BadOutputLength);
    assert_eq!(PagesOp::from_raw(2), PagesOp::Take);
    assert_eq!(EventType::CommandCompletion.mask_bit(), 0x400);
    assert_eq!(EventType::PageRequest.mask_bit(), 0x800);
}

#[test]
fn commands_know_their_lengths() {
    fn lengths<C: Command>() -> (usize, usize) {
        (C::INPUT_LENGTH, C::OUTPUT_LENGTH)
    }
    assert_eq!(lengths::<EnableHca>(), (16, 12));
    assert_eq!(lengths::<InitHca>(), (32, 16));
    assert_eq!(lengths::<QueryIssi>(), (16, 112));
    assert_eq!(lengths::<QueryAdapter>(), (16, 272));
    assert_eq!(lengths::<QueryHcaCap>(), (16, 4112));
    assert_eq!(lengths::<SetHcaCap>(), (4112, 16));
    assert_eq!(lengths::<ManagePages>(), (16, 16));
    assert_eq!(lengths::<QueryEswFunctions>(), (16, 128));
    assert_eq!(lengths::<QueryNicVportContext>(), (16, 272));
    assert_eq!(lengths::<ModifyNicVportContext>(), (512, 16));
    assert_eq!(lengths::<CreateFlowTable>(), (64, 16));
    assert_eq!(lengths::<CreateFlowGroup>(), (1024, 16));
    let head = InputHeader::from_prefix(InitHca::input().as_bytes()).unwrap();
    assert_eq!(head.operation(), Opcode::InitHca);
}

proptest! {
    #[test]
    fn a_layout_keeps_any_bytes(bytes in prop::array::uniform16(any::<u8>()), function: u16) {
        let mut input = QueryPagesIn::from_bytes(&bytes).unwrap();
        prop_assert_eq!(input.as_bytes(), &bytes);
        let before = input;
        input.set_function_id(function);
        prop_assert_eq!(input.function_id(), function);
        prop_assert_eq!(input.with_function_id(before.function_id()), before);
    }

    #[test]
    fn a_signed_entry_is_signed(bytes in prop::collection::vec(any::<u8>(), 64)) {
        let mut entry = CommandEntry::from_bytes(&bytes).unwrap();
        entry.sign();
        prop_assert!(entry.is_signed());
    }
}
