//! What a device says of its firmware, its board and its timer: the same wherever it is asked.

use crate::config::{DeviceConfig, DeviceKind};
use crate::testing::{Bench, Output, ecpf_config, pf_config, plain};
use prm::access_register::{AccessRegister, REGISTER_DATA_OFFSET, RegisterAccess, RegisterId};
use prm::capability::QueryHcaCap;
use prm::capability_area::GeneralCapabilities;
use prm::component::{ComponentInformation, ComponentStatus, ComponentVersion, ManagementCapabilities};
use prm::hca::{BOARD_ID_OFFSET, QueryAdapter, QueryAdapterOut};
use prm::init_segment::{
    FIRMWARE_REVISION, FirmwareRevision, HEALTH_FIRMWARE_VERSION, HEALTH_HARDWARE_ID, INTERFACE_REVISION,
    INTERNAL_TIMER_HIGH, INTERNAL_TIMER_LOW, InterfaceRevision,
};
use prm::{CapabilityMode, CapabilityType, Command as _, CommandStatus, Cycles, Layout};

fn kinds() -> [(DeviceConfig, (u16, u16, u16), u32); 3] {
    [
        (pf_config(), (20, 43, 2566), 0x20f),
        (plain(DeviceKind::Vf, 9), (20, 43, 2566), 0x20f),
        (ecpf_config(), (24, 43, 2566), 0x214),
    ]
}

fn read<L: Layout>(bench: &mut Bench, register: RegisterId, data: &L, more: usize) -> Output {
    let head = AccessRegister::input()
        .with_op_mod(RegisterAccess::Read.raw())
        .with_register_id(register.raw());
    let input = [head.as_bytes(), data.as_bytes()].concat();
    let length = u32::try_from(input.len() + more).expect("a register is small");
    bench.run_bytes(&input, length)
}

fn general(bench: &mut Bench, mode: CapabilityMode) -> GeneralCapabilities {
    let input = QueryHcaCap::input().with_op_mod(CapabilityType::General.op_mod(mode));
    let output = bench.run_bytes(input.as_bytes(), 4112).ok();
    GeneralCapabilities::from_bytes(&output.bytes[16..]).expect("an area")
}

#[test]
fn segment_and_health_buffer_tell_one_version_which_is_that_of_the_family() {
    for (config, (major, minor, subminor), hardware) in kinds() {
        let mut bench = Bench::new(config);
        let revision = FirmwareRevision::from_word(bench.read(FIRMWARE_REVISION));
        let interface = InterfaceRevision::from_word(bench.read(INTERFACE_REVISION));
        assert_eq!(
            (revision.major(), revision.minor(), interface.firmware_subminor()),
            (major, minor, subminor)
        );
        let word = u32::from(major) << 24 | u32::from(minor) << 16 | u32::from(subminor);
        assert_eq!(bench.read(HEALTH_FIRMWARE_VERSION), word);
        assert_eq!(bench.read(HEALTH_HARDWARE_ID), hardware);
    }
}

#[test]
fn the_boards_of_nic_and_bluefield_have_names_of_their_own() {
    let name = |config| {
        let mut bench = Bench::loaded(config);
        let length = u32::try_from(QueryAdapterOut::SIZE).expect("it is small");
        let output = bench.run_bytes(QueryAdapter::input().as_bytes(), length).ok();
        output.bytes[BOARD_ID_OFFSET..BOARD_ID_OFFSET + 16].to_vec()
    };
    let (nic, bluefield) = (name(pf_config()), name(ecpf_config()));
    assert!(nic.iter().all(u8::is_ascii_graphic));
    assert_ne!(nic, bluefield);
}

#[test]
fn the_component_that_devlink_asks_for_has_the_version_of_the_segment() {
    for config in [pf_config(), ecpf_config()] {
        let mut bench = Bench::loaded(config);
        bench.silicon.offer_versions();
        let health = bench.read(HEALTH_FIRMWARE_VERSION);
        for group in 0..3 {
            let asked = ManagementCapabilities::new().with_access_reg_group(group);
            let output = read(&mut bench, RegisterId::ManagementCapabilities, &asked, 0).ok();
            let offered = ManagementCapabilities::from_prefix(&output.bytes[REGISTER_DATA_OFFSET..]).unwrap();
            assert_eq!(offered.access_reg_group(), group);
            assert_eq!(offered.component_status(), group == 0);
            assert_eq!(offered.component_information(), group == 0);
        }
        let output = read(
            &mut bench,
            RegisterId::ComponentStatus,
            &ComponentStatus::new(),
            0,
        )
        .ok();
        let status = ComponentStatus::from_prefix(&output.bytes[REGISTER_DATA_OFFSET..]).unwrap();
        assert_eq!((status.identifier(), status.component_update_state()), (1, 0));
        assert!(status.last_index(), "the kernel's search ends here");
        // The driver's output has room for the information behind the register, its input has not.
        let asked = ComponentInformation::new().with_info_type(1).with_data_size(124);
        let output = read(&mut bench, RegisterId::ComponentInformation, &asked, 124).ok();
        let data = &output.bytes[REGISTER_DATA_OFFSET + ComponentInformation::SIZE..];
        let version = ComponentVersion::from_prefix(data).unwrap();
        assert_eq!(version.version(), health);
        let string = &data[ComponentVersion::SIZE..][..version.version_string_length().into()];
        let [major, minor, ..] = health.to_be_bytes();
        assert_eq!(
            string,
            format!("{major}.{minor}.{:04}", health & 0xffff).as_bytes()
        );
    }
}

#[test]
fn other_components_and_writes_are_refused() {
    let mut bench = Bench::loaded(pf_config());
    let status = ComponentStatus::new().with_component_index(1);
    let information = ComponentInformation::new().with_data_size(32);
    let refused = read(
        &mut bench,
        RegisterId::ComponentStatus,
        &ComponentStatus::new(),
        0,
    );
    assert_eq!(
        refused.status(),
        CommandStatus::BadParameter,
        "nothing is offered"
    );
    bench.silicon.offer_versions();
    let refused = read(&mut bench, RegisterId::ComponentStatus, &status, 0);
    assert_eq!(refused.status(), CommandStatus::BadParameter);
    let refused = read(&mut bench, RegisterId::ComponentInformation, &information, 32);
    assert_eq!(
        refused.status(),
        CommandStatus::BadParameter,
        "only versions are known"
    );
    let beyond = information
        .with_info_type(1)
        .with_offset(u32::MAX)
        .with_data_size(u16::MAX);
    let output = read(&mut bench, RegisterId::ComponentInformation, &beyond, 0).ok();
    assert_eq!(
        output.bytes.len(),
        REGISTER_DATA_OFFSET + ComponentInformation::SIZE
    );
    let write = AccessRegister::input().with_register_id(RegisterId::ComponentStatus.raw());
    let input = [write.as_bytes().as_slice(), ComponentStatus::new().as_bytes()].concat();
    assert_eq!(bench.run_bytes(&input, 32).status(), CommandStatus::BadOperation);
}

#[test]
fn versions_are_offered_to_a_physical_function_and_only_when_they_are_to_be() {
    for (config, physical) in [
        (pf_config(), true),
        (ecpf_config(), true),
        (plain(DeviceKind::Vf, 9), false),
    ] {
        let mut bench = Bench::loaded(config);
        let both = [CapabilityMode::Max, CapabilityMode::Current];
        assert!(both.iter().all(|mode| !general(&mut bench, *mode).mcam_reg()));
        let mut bench = Bench::new(bench.silicon.config().clone());
        bench.silicon.offer_versions();
        bench.load();
        assert!(
            both.iter()
                .all(|mode| general(&mut bench, *mode).mcam_reg() == physical)
        );
    }
}

#[test]
fn the_timer_counts_nanoseconds_of_the_devices_clock_at_the_frequency_that_it_tells() {
    let mut bench = Bench::loaded(pf_config());
    let khz = general(&mut bench, CapabilityMode::Current).device_frequency_khz();
    let timer = |bench: &mut Bench| {
        u64::from(bench.read(INTERNAL_TIMER_HIGH)) << 32 | u64::from(bench.read(INTERNAL_TIMER_LOW))
    };
    let before = timer(&mut bench);
    assert_eq!(before, bench.now.0);
    bench.wait(Cycles::from_millis(7000));
    assert_eq!(timer(&mut bench) - before, 7000 * u64::from(khz));
}
