//! The device behind a bus of the caller's, as a virtual machine has it.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use mlx5_embedding::device_pci::{MSIX_PENDING, MSIX_TABLE, TooManyFunctions};
use mlx5_embedding::emulator::order::{LinkState, PageRequest};
use mlx5_embedding::prm::init_segment::COMMAND_DOORBELL;
use mlx5_embedding::{Bar, DeviceError, FirmwareOrder, Function, MsiMessage, PartialWrite, VirtualDevice};
use proptest::prelude::*;
use support::{Device, Driver, Machine, configure, device, wait};

const DEVICE: &str = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "func_id",
    "vfs": { "total": 2, "first_vhca_id": 16 },
    "sfs": { "max": 2, "base_id": 128, "first_vhca_id": 64 } }"#;
/// Message Control of MSI-X.
const MSIX_CONTROL: u16 = 0x4a;
const MSIX_ENABLE: u16 = 0x8000;
const MSIX_FUNCTION_MASK: u16 = 0x4000;
/// Control and NumVFs of SR-IOV, and the first VF BAR.
const SRIOV_CONTROL: u16 = 0x108;
const NUM_VFS: u16 = 0x110;
const VF_BAR: u16 = 0x124;
const PF: Function = Function::Pf;

fn word(device: &Device, function: Function, at: u16) -> u32 {
    let mut word = [0; 4];
    device.config_read(function, at, &mut word);
    u32::from_le_bytes(word)
}

fn arm(device: &mut Device, vector: u16) -> MsiMessage {
    let entry = [0xfee0_1000_u32, 1, 0x4000 + u32::from(vector), 0];
    let at = MSIX_TABLE + u64::from(vector) * 16;
    let bytes = entry.map(u32::to_le_bytes).concat();
    device.bar_write(PF, Bar::Own, at, &bytes).unwrap();
    MsiMessage {
        vector,
        address: 0x1_fee0_1000,
        data: 0x4000 + u32::from(vector),
    }
}

fn request(device: &mut Device, pages: i32) {
    let request = PageRequest {
        function: Some(PF),
        identity: None,
        pages,
        release_all: false,
    };
    device.order(&FirmwareOrder::RequestPages(request)).unwrap();
}

fn enable_vfs(device: &mut Device, count: u16) {
    configure(device, PF, NUM_VFS, count);
    device.config_write(PF, VF_BAR, &0x3_0000_0000_u64.to_le_bytes());
    configure(device, PF, SRIOV_CONTROL, 0x0009);
}

#[test]
fn an_event_arrives_as_the_message_that_the_driver_has_written() {
    let mut device = device(DEVICE);
    let message = arm(&mut device, 3);
    configure(&mut device, PF, MSIX_CONTROL, MSIX_ENABLE);
    let driver = Driver::attach(&mut device, PF);
    driver.start(&mut device);
    driver.create_queue(&mut device, 3);
    assert_eq!(device.silicon().ledger().total(PF), 240);
    assert_eq!(device.bus().interrupts, []);
    request(&mut device, 8);
    assert_eq!(device.bus().interrupts, [(PF, message)]);
}

#[test]
fn a_masked_vector_is_pending_and_arrives_when_it_is_masked_no_longer() {
    let mut device = device(DEVICE);
    let message = arm(&mut device, 1);
    configure(&mut device, PF, MSIX_CONTROL, MSIX_ENABLE | MSIX_FUNCTION_MASK);
    let driver = Driver::attach(&mut device, PF);
    driver.start(&mut device);
    driver.create_queue(&mut device, 1);
    request(&mut device, 8);
    assert_eq!(device.bus().interrupts, []);
    let mut pending = [0; 8];
    device.bar_read(PF, Bar::Own, MSIX_PENDING, &mut pending);
    assert_eq!(u64::from_le_bytes(pending), 1 << 1);
    configure(&mut device, PF, MSIX_CONTROL, MSIX_ENABLE);
    assert_eq!(device.bus().interrupts, [(PF, message)]);
    device.bar_read(PF, Bar::Own, MSIX_PENDING, &mut pending);
    assert_eq!(pending, [0; 8]);
}

#[test]
fn nothing_leaves_a_function_without_bus_mastering() {
    let mut device = device(DEVICE);
    let driver = Driver::attach(&mut device, PF);
    assert!(device.is_bus_master(PF));
    configure(&mut device, PF, 0x04, 0x0002);
    assert!(!device.is_bus_master(PF));
    driver.write(&mut device, COMMAND_DOORBELL, 1);
    wait(&mut device);
    assert!(!device.take_records().is_empty(), "the queue could not be read");
}

#[test]
fn vfs_are_there_while_their_pf_has_enabled_them() {
    let mut device = device(DEVICE);
    let vfs = [Function::Vf(1), Function::Vf(2)];
    assert_eq!(device.functions(), [PF, vfs[0], vfs[1]]);
    assert_eq!(
        word(&device, PF, 0x100) & 0xffff,
        0x10,
        "SR-IOV is shown from the start"
    );
    assert_eq!(word(&device, vfs[0], 0), u32::MAX);
    enable_vfs(&mut device, 1);
    assert_eq!(word(&device, vfs[0], 0), 0x101c_15b3);
    assert!(device.is_present(vfs[0]) && !device.is_present(vfs[1]));
    let windows = device.windows();
    assert_eq!((windows.len(), windows[0].function), (1, vfs[0]));
    assert_eq!(windows[0].addresses, 0x3_0000_0000..0x3_0040_0000);

    let driver = Driver::attach(&mut device, vfs[0]);
    assert_ne!(driver.read(&mut device, 0), u32::MAX);
    configure(&mut device, PF, SRIOV_CONTROL, 0);
    assert_eq!(word(&device, vfs[0], 0), u32::MAX);
    assert_eq!(driver.read(&mut device, 0), u32::MAX);
    assert_eq!(device.windows(), []);
}

#[test]
fn bars_answer_where_the_machine_has_placed_them() {
    let mut device = device(DEVICE);
    assert_eq!(device.windows(), []);
    device.config_write(PF, 0x10, &0x2_0000_0000_u64.to_le_bytes());
    device.config_write(PF, 0x18, &0x2_1000_0000_u64.to_le_bytes());
    configure(&mut device, PF, 0x04, 0x0002);
    let windows = device.windows();
    let places: Vec<_> = windows
        .iter()
        .map(|window| (window.bar, window.addresses.start))
        .collect();
    assert_eq!(
        places,
        [(Bar::Own, 0x2_0000_0000), (Bar::Scalable, 0x2_1000_0000)]
    );
    assert_eq!(device.bar_size(PF, Bar::Scalable), Some(2 << 20));
    assert_eq!(device.bar_size(Function::Vf(1), Bar::Scalable), None);
}

#[test]
fn a_reset_leaves_nothing_of_what_was_programmed() {
    let mut device = device(DEVICE);
    enable_vfs(&mut device, 2);
    arm(&mut device, 0);
    configure(&mut device, PF, MSIX_CONTROL, MSIX_ENABLE);
    let fresh = |device: &mut Device| {
        let mut control = [0; 4];
        device.bar_read(PF, Bar::Own, MSIX_TABLE + 12, &mut control);
        control == [1, 0, 0, 0] && word(device, PF, 0x48) >> 31 == 0 && !device.is_present(Function::Vf(1))
    };
    assert!(!fresh(&mut device));
    device.reset();
    assert!(fresh(&mut device));
    arm(&mut device, 0);
    // Initiate Function Level Reset, in Device Control.
    configure(&mut device, PF, 0x68, 0x8000);
    assert!(fresh(&mut device));
}

#[test]
fn nobody_reaches_a_device_whose_link_is_down() {
    let mut device = device(DEVICE);
    device.order(&FirmwareOrder::Link(LinkState::Down)).unwrap();
    assert_eq!(word(&device, PF, 0), u32::MAX);
    let mut register = [0; 4];
    device.bar_read(PF, Bar::Own, 0, &mut register);
    assert_eq!(register, [0xff; 4]);
    device.reset();
    device.order(&FirmwareOrder::Link(LinkState::Up)).unwrap();
    assert_eq!(word(&device, PF, 0), 0x101b_15b3);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut device = device(DEVICE);
    let error = device.bar_write(PF, Bar::Own, 0x10, &[0; 3]).unwrap_err();
    assert_eq!(
        error,
        PartialWrite {
            offset: 0x10,
            bytes: 3
        }
    );
    assert!(
        error
            .to_string()
            .starts_with("3 bytes at 0x10 are not whole registers"),
        "{error}"
    );
    let make = |json: &str| VirtualDevice::new(mlx5_embedding::device(json).unwrap(), Machine::new());
    let many = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "func_id", "vfs": { "total": 256, "first_vhca_id": 16 } }"#;
    let error = make(many).unwrap_err();
    assert_eq!(error, DeviceError::TooManyFunctions(TooManyFunctions(256)));
    let wrong = r#"{ "kind": "vf", "vhca_id": 5, "page_mode": "func_id", "vfs": { "total": 1 } }"#;
    assert!(matches!(make(wrong).unwrap_err(), DeviceError::Config(_)));
}

fn any_function() -> impl Strategy<Value = Function> {
    prop_oneof![
        Just(PF),
        Just(Function::Vf(1)),
        Just(Function::Vf(9)),
        Just(Function::Sf(1)),
        Just(Function::Ecpf)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_access_makes_it_panic(
        accesses in prop::collection::vec(
            (
                any_function(),
                any::<bool>(),
                prop_oneof![0..0x400_u64, 0x2f_fff0..0x31_0010_u64, 0x3f_fff8..0x40_0010_u64, any::<u64>()],
                prop::collection::vec(any::<u8>(), 0..80),
                0..4_u8,
            ),
            1..40,
        ),
    ) {
        let mut device = device(DEVICE);
        configure(&mut device, PF, 0x04, 0x0006);
        for (function, scalable, offset, mut data, what) in accesses {
            let bar = if scalable { Bar::Scalable } else { Bar::Own };
            let at = u16::try_from(offset & 0xffff).unwrap();
            match what {
                0 => device.config_read(function, at, &mut data),
                1 => device.config_write(function, at, &data),
                2 => device.bar_read(function, bar, offset, &mut data),
                _ => _ = device.bar_write(function, bar, offset, &data),
            }
            wait(&mut device);
            let _windows = device.windows();
        }
    }
}
