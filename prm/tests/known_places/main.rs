//! Every field lies where the manual and the driver's traffic show it.
//!
//! The tables state byte offset of the 32-bit word (of the 64-bit pair for wide fields), highest and lowest
//! bit in it, bit 0 being the least significant. They were written apart from the layouts.

#![allow(clippy::wildcard_imports, reason = "the tables name every layout")]

mod capability_areas;
mod registers;

use mlx5_prm::command::*;
use mlx5_prm::command_queue::*;
use mlx5_prm::eswitch::*;
use mlx5_prm::event::*;
use mlx5_prm::event_queue::*;
use mlx5_prm::flow_table::*;
use mlx5_prm::hca::*;
use mlx5_prm::init_segment::*;
use mlx5_prm::pages::*;
use mlx5_prm::subfunction::*;
use mlx5_prm::uar::*;
use mlx5_prm::vport::*;
use mlx5_prm::{Layout, bits};

/// Name, byte offset of the word, highest bit, lowest bit.
type Place = (&'static str, usize, u32, u32);

/// Checks size and places, by filling each field with ones and looking at the bytes.
fn check<L: Layout>(size: usize, places: &[Place]) {
    assert_eq!(L::SIZE, size, "size of {}", L::NAME);
    for &(name, byte, high, low) in places {
        let field = L::FIELDS
            .iter()
            .find(|field| field.name == name)
            .unwrap_or_else(|| panic!("{} has no field {name}", L::NAME));
        let mut expected = vec![0u8; size];
        let length = if high < 32 { 4 } else { 8 };
        for bit in low..=high {
            expected[byte + length - 1 - bit as usize / 8] |= 1 << (bit % 8);
        }
        let mut layout = L::default();
        field.set(layout.as_bytes_mut(), bits::mask(field.width));
        assert_eq!(layout.as_bytes(), &expected[..], "place of {}.{name}", L::NAME);
    }
}

const INPUT: [Place; 3] = [("opcode", 0, 31, 16), ("uid", 0, 15, 0), ("op_mod", 4, 15, 0)];
const OUTPUT: [Place; 2] = [("status", 0, 31, 24), ("syndrome", 4, 31, 0)];

fn check_input<L: Layout>(size: usize, places: &[Place]) {
    check::<L>(size, &INPUT);
    check::<L>(size, places);
}

fn check_output<L: Layout>(size: usize, places: &[Place]) {
    check::<L>(size, &OUTPUT);
    check::<L>(size, places);
}

#[test]
fn init_segment() {
    check::<FirmwareRevision>(4, &[("minor", 0, 31, 16), ("major", 0, 15, 0)]);
    check::<InterfaceRevision>(
        4,
        &[("interface_revision", 0, 31, 16), ("firmware_subminor", 0, 15, 0)],
    );
    check::<QueueAddressLow>(
        4,
        &[
            ("address_31_12", 0, 31, 12),
            ("nic_interface", 0, 10, 8),
            ("log_size", 0, 7, 4),
            ("log_stride", 0, 3, 0),
        ],
    );
    check::<InitializingWord>(
        4,
        &[
            ("initializing", 0, 31, 31),
            ("firmware_reset_supported", 0, 30, 30),
            ("embedded_cpu", 0, 23, 23),
        ],
    );
    check::<HealthBuffer>(
        64,
        &[
            ("firmware_version", 0x30, 31, 0),
            ("hardware_id", 0x34, 31, 0),
            ("rfr", 0x38, 31, 31),
            ("irisc_index", 0x3c, 31, 24),
            ("syndrome", 0x3c, 23, 16),
            ("extended_syndrome", 0x3c, 15, 0),
        ],
    );
    check::<Timeout>(4, &[("unit", 0, 31, 29), ("value", 0, 19, 0)]);
    assert_eq!(QueueAddressLow::from_word(0x56).log_size(), 5);
    assert_eq!(QueueAddressLow::from_word(0x56).log_stride(), 6);
    assert_eq!(InitializingWord::new().with_embedded_cpu(true).to_word(), 1 << 23);
}

#[test]
fn command_queue() {
    check::<CommandEntry>(
        64,
        &[
            ("kind", 0x00, 31, 24),
            ("input_length", 0x04, 31, 0),
            ("input_mailbox", 0x08, 63, 0),
            ("output_mailbox", 0x30, 63, 0),
            ("output_length", 0x38, 31, 0),
            ("token", 0x3c, 31, 24),
            ("signature", 0x3c, 23, 16),
            ("delivery_status", 0x3c, 7, 1),
            ("owner", 0x3c, 0, 0),
        ],
    );
    check::<Mailbox>(
        576,
        &[
            ("next", 0x230, 63, 0),
            ("block_number", 0x238, 31, 0),
            ("token", 0x23c, 23, 16),
            ("control_signature", 0x23c, 15, 8),
            ("signature", 0x23c, 7, 0),
        ],
    );
    check::<InputHeader>(8, &INPUT);
    check::<OutputHeader>(8, &OUTPUT);
    check_output::<StatusOutput>(16, &[]);
    check_output::<ShortStatusOutput>(12, &[]);
    check_output::<ObjectOutput>(16, &[("object_id", 8, 23, 0)]);
}

#[test]
fn pages() {
    check_input::<QueryPagesIn>(16, &[("ec_function", 8, 31, 31), ("function_id", 8, 15, 0)]);
    check_output::<QueryPagesOut>(
        16,
        &[
            ("ec_function", 8, 31, 31),
            ("function_id", 8, 15, 0),
            ("page_count", 12, 31, 0),
        ],
    );
    check_input::<ManagePagesIn>(
        16,
        &[
            ("ec_function", 8, 31, 31),
            ("function_id", 8, 15, 0),
            ("entry_count", 12, 31, 0),
        ],
    );
    check_output::<ManagePagesOut>(16, &[("entry_count", 8, 31, 0)]);
}

#[test]
fn functions() {
    let function = [
        ("ec_function", 8, 31, 31),
        ("function_id_type", 8, 28, 28),
        ("function_id", 8, 15, 0),
    ];
    check_input::<EnableHcaIn>(16, &function);
    check_input::<DisableHcaIn>(16, &function);
    check_input::<InitHcaIn>(
        32,
        &[
            ("sw_vhca_id", 12, 29, 16),
            ("sw_owner_id_high", 16, 63, 0),
            ("sw_owner_id_low", 24, 63, 0),
        ],
    );
    check_input::<TeardownHcaIn>(16, &[("profile", 8, 15, 0)]);
    check_output::<TeardownHcaOut>(16, &[("state", 12, 0, 0)]);
    check_input::<QueryIssiIn>(16, &[]);
    check_output::<QueryIssiOut>(
        112,
        &[("current_issi", 8, 15, 0), ("supported_issi", 0x6c, 31, 0)],
    );
    check_input::<SetIssiIn>(16, &[("current_issi", 8, 15, 0)]);
    check_input::<QueryAdapterIn>(16, &[]);
    check_output::<QueryAdapterOut>(272, &[]);
    assert_eq!(QueryAdapterOut::new().board_id().len(), 16);
}

#[test]
fn event_queues() {
    check::<EqContext>(
        64,
        &[
            ("log_eq_size", 3 * 4, 28, 24),
            ("uar_page", 3 * 4, 23, 0),
            ("intr", 5 * 4, 11, 0),
            ("log_page_size", 6 * 4, 28, 24),
        ],
    );
    // The list of pages begins at byte 0x110, right behind the input.
    check_input::<CreateEqIn>(
        0x110,
        &[("event_bitmask_0", 0x58, 63, 0), ("event_bitmask_3", 0x70, 63, 0)],
    );
    let context = EqContext::new().with_status(0xf);
    let mut input = CreateEqIn::new();
    input.set_context(&context);
    assert_eq!(input.as_bytes()[0x10], 0xf0);
    assert_eq!(input.context(), context);
    check_output::<CreateEqOut>(16, &[("eq_number", 8, 7, 0)]);
    check_input::<DestroyEqIn>(16, &[("eq_number", 8, 7, 0)]);
    check::<EqDoorbell>(4, &[("eq_number", 0, 31, 24), ("consumer_index", 0, 23, 0)]);
    check_output::<AllocUarOut>(16, &[("uar", 8, 23, 0)]);
    check_input::<AllocUarIn>(16, &[]);
    check_input::<DeallocUarIn>(16, &[("uar", 8, 23, 0)]);
}

#[test]
fn events() {
    check::<EventEntry>(
        64,
        &[
            ("event_type", 0, 23, 16),
            ("event_sub_type", 0, 7, 0),
            ("signature", 0x3c, 15, 8),
            ("owner", 0x3c, 0, 0),
        ],
    );
    check::<CommandCompletion>(28, &[("vector", 0, 31, 0)]);
    check::<PageRequest>(
        28,
        &[
            ("ec_function", 0, 31, 31),
            ("release_all", 0, 30, 30),
            ("function_id", 0, 15, 0),
            ("page_count", 4, 31, 0),
        ],
    );
    check::<VportChange>(28, &[("vport_number", 0, 15, 0)]);
    check::<VhcaStateChange>(28, &[("ec_function", 0, 31, 16), ("function_id", 0, 15, 0)]);

    let request = PageRequest::new().with_function_id(0x101).with_page_count(3);
    let entry = EventEntry::of(&request);
    assert_eq!(entry.kind(), EventType::PageRequest);
    assert_eq!(entry.as_bytes()[0x20..0x28], [0, 0, 1, 1, 0, 0, 0, 3]);
    assert_eq!(entry.data::<PageRequest>(), request);
}

#[test]
fn eswitch_functions() {
    check_input::<QueryEswFunctionsIn>(16, &[]);
    check_output::<QueryEswFunctionsOut>(16, &[("function_count", 12, 31, 24)]);
    check::<HostFunctions>(
        64,
        &[
            ("host_number", 0, 31, 24),
            ("vf_count", 0, 15, 0),
            ("vf_total", 4, 31, 16),
        ],
    );
    check::<NetworkFunction>(
        64,
        &[
            ("host_number", 0, 31, 24),
            ("pf_type", 0, 23, 20),
            ("vf_count", 0, 15, 0),
            ("vf_total", 4, 31, 16),
            ("pci_bus", 4, 15, 8),
            ("pci_device_function", 4, 7, 0),
            ("vhca_id", 8, 31, 16),
            ("vhca_state", 8, 15, 12),
            ("esw_vport_manual", 12, 21, 21),
        ],
    );
    check_input::<CreateEswVportIn>(16, &[("managed_vhca_id", 8, 15, 0)]);
    check_output::<CreateEswVportOut>(16, &[("vport_number", 12, 15, 0)]);
    check_input::<DestroyEswVportIn>(16, &[("vport_number", 8, 15, 0)]);
    check_input::<QueryDelegatedVhcaIn>(16, &[]);
    check_output::<QueryDelegatedVhcaOut>(32, &[("function_count", 12, 15, 0)]);
    check::<DelegatedVhca>(
        32,
        &[
            ("vhca_id", 4, 15, 0),
            ("function_id", 8, 15, 0),
            ("manage_profile", 16, 7, 0),
        ],
    );
}

#[test]
fn vports() {
    let vport = [("other_vport", 8, 31, 31), ("vport_number", 8, 15, 0)];
    check_input::<QueryNicVportContextIn>(16, &vport);
    check_input::<QueryNicVportContextIn>(16, &[("allowed_list_type", 12, 26, 24)]);
    check_output::<QueryNicVportContextOut>(16, &[]);
    check_input::<ModifyNicVportContextIn>(256, &vport);
    check_input::<ModifyNicVportContextIn>(
        256,
        &[
            ("select_change_event", 12, 5, 5),
            ("select_addresses_list", 12, 2, 2),
            ("select_roce_en", 12, 1, 1),
        ],
    );
    check::<NicVportContext>(
        256,
        &[
            ("arm_change_event", 4, 31, 31),
            ("event_on_mtu", 4, 4, 4),
            ("event_on_promisc_change", 4, 3, 3),
            ("event_on_vlan_change", 4, 2, 2),
            ("event_on_mc_address_change", 4, 1, 1),
            ("event_on_uc_address_change", 4, 0, 0),
            ("mtu", 0x24, 15, 0),
            ("allowed_list_type", 0xf0, 26, 24),
            ("allowed_list_size", 0xf0, 15, 0),
            ("permanent_address_47_32", 0xf4, 15, 0),
            ("permanent_address_31_0", 0xf8, 31, 0),
        ],
    );
    check::<MacAddressEntry>(8, &[("address_47_32", 0, 15, 0), ("address_31_0", 4, 31, 0)]);
    check_input::<QueryVportStateIn>(16, &vport);
    check_output::<QueryVportStateOut>(16, &[("admin_state", 12, 7, 4), ("state", 12, 3, 0)]);
    check_input::<ModifyVportStateIn>(16, &vport);
    check_input::<ModifyVportStateIn>(16, &[("admin_state", 12, 7, 4)]);
}

#[test]
fn flow_tables() {
    let table = [
        ("other_vport", 8, 31, 31),
        ("vport_number", 8, 15, 0),
        ("table_type", 16, 31, 24),
        ("table_id", 20, 23, 0),
    ];
    check_input::<CreateFlowTableIn>(64, &table[..3]);
    check_input::<CreateFlowTableIn>(64, &[("level", 24, 23, 16), ("log_size", 24, 7, 0)]);
    check_output::<CreateFlowTableOut>(16, &[("table_id", 8, 23, 0)]);
    check_input::<DestroyFlowTableIn>(64, &table);
    check_input::<CreateFlowGroupIn>(64, &table);
    check_input::<CreateFlowGroupIn>(
        64,
        &[("start_flow_index", 28, 31, 0), ("end_flow_index", 36, 31, 0)],
    );
    check_output::<CreateFlowGroupOut>(16, &[("group_id", 8, 23, 0)]);
    check_input::<DestroyFlowGroupIn>(64, &table);
    check_input::<DestroyFlowGroupIn>(64, &[("group_id", 24, 31, 0)]);
    check_input::<SetFlowTableRootIn>(64, &table);
    check_input::<SetFlowTableEntryIn>(64, &table);
    check_input::<DeleteFlowTableEntryIn>(64, &table);
}

#[test]
fn subfunctions() {
    check_input::<AllocSfIn>(16, &[("function_id", 8, 15, 0)]);
    check_input::<DeallocSfIn>(16, &[("function_id", 8, 15, 0)]);
    check_input::<QueryVhcaStateIn>(16, &[("ec_function", 8, 31, 31), ("function_id", 8, 15, 0)]);
    check_output::<QueryVhcaStateOut>(
        32,
        &[("vhca_state", 0x10, 19, 16), ("sw_function_id", 0x14, 31, 0)],
    );
    check_input::<ModifyVhcaStateIn>(
        32,
        &[
            ("select_sw_function_id", 12, 1, 1),
            ("select_arm_change_event", 12, 0, 0),
            ("arm_change_event", 16, 31, 31),
            ("vhca_state", 16, 19, 16),
            ("sw_function_id", 20, 31, 0),
        ],
    );
}
