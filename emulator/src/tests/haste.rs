//! Functions that end in haste, and resets of firmware that hosts agree on.

use crate::config::{DeviceConfig, OnHaste, SyncReset, Teardown};
use crate::order::{FirmwareOrder, SyncResetOrder};
use crate::testing::{Bench, pf_config};
use prm::access_register::{
    AccessRegister, FirmwareResetLevel, REGISTER_DATA_OFFSET, RegisterAccess, RegisterId, ResetStatus,
};
use prm::event::{GENERAL_SYNC_RESET, SyncReset as SyncResetEvent, SyncResetState};
use prm::hca::{TeardownHca, TeardownProfile};
use prm::init_segment::{
    INITIALIZING, InitializingWord, NIC_INTERFACE_DISABLED, QUEUE_ADDRESS_LOW, QueueAddressLow,
};
use prm::{Command, CommandStatus, Cycles, Function};

fn hasty() -> DeviceConfig {
    DeviceConfig {
        teardown: Teardown {
            fast: true,
            force: true,
        },
        sync_reset: SyncReset::HotReset,
        ..pf_config()
    }
}

fn tear_down(bench: &mut Bench, profile: TeardownProfile) -> CommandStatus {
    let input = TeardownHca::input().with_profile(profile.raw());
    bench.run::<TeardownHca>(&input).status()
}

fn switch_off(bench: &mut Bench) {
    let word = QueueAddressLow::new().with_nic_interface(NIC_INTERFACE_DISABLED);
    bench.write(QUEUE_ADDRESS_LOW, word.to_word());
}

#[test]
fn a_function_that_is_prepared_forgets_its_pages_when_it_is_switched_off_and_not_before() {
    let mut bench = Bench::loaded(hasty());
    switch_off(&mut bench);
    assert_eq!(bench.held(Function::Pf), 240);
    let mut bench = Bench::loaded(hasty());
    assert_eq!(
        tear_down(&mut bench, TeardownProfile::PrepareFast),
        CommandStatus::Ok
    );
    assert_eq!(bench.held(Function::Pf), 240);
    switch_off(&mut bench);
    assert_eq!(bench.held(Function::Pf), 0);
    bench.connect(Function::Pf);
    bench.load();
    assert_eq!(bench.held(Function::Pf), 240);
}

#[test]
fn force_forgets_at_once_unless_firmware_keeps_what_it_has() {
    let mut bench = Bench::loaded(hasty());
    assert_eq!(tear_down(&mut bench, TeardownProfile::Force), CommandStatus::Ok);
    assert_eq!(bench.held(Function::Pf), 0);
    let mut config = hasty();
    config.firmware.on_haste = OnHaste::Keep;
    let mut bench = Bench::loaded(config);
    assert_eq!(tear_down(&mut bench, TeardownProfile::Force), CommandStatus::Ok);
    assert_eq!(bench.held(Function::Pf), 240);
}

#[test]
fn a_way_that_is_not_offered_is_refused() {
    for profile in [TeardownProfile::PrepareFast, TeardownProfile::Force] {
        let mut bench = Bench::loaded(pf_config());
        assert_eq!(tear_down(&mut bench, profile), CommandStatus::BadParameter);
        assert_eq!(
            tear_down(&mut bench, TeardownProfile::Graceful),
            CommandStatus::Ok
        );
    }
}

fn register(access: RegisterAccess, register: FirmwareResetLevel) -> Vec<u8> {
    let head = AccessRegister::input()
        .with_op_mod(access.raw())
        .with_register_id(RegisterId::FirmwareResetLevel.raw());
    [&head.as_bytes()[..], &register.as_bytes()[..]].concat()
}

fn reset_status(bench: &mut Bench) -> ResetStatus {
    let input = register(RegisterAccess::Read, FirmwareResetLevel::new());
    let output = bench.run_bytes(&input, 24).ok();
    let read = FirmwareResetLevel::from_prefix(&output.bytes[REGISTER_DATA_OFFSET..]).unwrap();
    ResetStatus::from_raw(read.state())
}

fn answer(bench: &mut Bench, response: u8) {
    let answer = FirmwareResetLevel::new().with_response(response);
    bench.run_bytes(&register(RegisterAccess::Write, answer), 24).ok();
}

/// The states of the resets that the general queue has been told.
fn told(bench: &mut Bench) -> Vec<SyncResetState> {
    let events = bench.events(2);
    let resets = events
        .iter()
        .filter(|event| event.event_sub_type() == GENERAL_SYNC_RESET);
    resets
        .map(|event| SyncResetState::from_raw(event.data::<SyncResetEvent>().state()))
        .collect()
}

/// The test driver's general queue takes the events of every type below 32 but GENERAL.
fn listening(config: DeviceConfig) -> Bench {
    let mut bench = Bench::new(config);
    bench.load_without_events();
    bench.allocate_uar();
    bench.create_eq(1 << 0x0a, 8);
    bench.create_eq(0x1f_f2be | 1 << 0x22, 8);
    bench
}

#[test]
fn who_starts_a_reset_is_answered_when_the_driver_has_been() {
    let mut bench = listening(hasty());
    let start = register(RegisterAccess::Write, FirmwareResetLevel::new().with_start(true));
    let started = bench.ring(5, &start, 24);
    bench.settle();
    assert!(bench.poll(started).is_none());
    assert_eq!(told(&mut bench), [SyncResetState::Request]);
    assert_eq!(reset_status(&mut bench), ResetStatus::InNegotiation);
    answer(&mut bench, 1);
    bench.settle();
    assert_eq!(
        bench.poll(started).map(|output| output.status()),
        Some(CommandStatus::Ok)
    );
    assert_eq!(told(&mut bench), [SyncResetState::Unload]);
    let pending = InitializingWord::from_word(bench.read(INITIALIZING)).reset_state();
    assert_ne!(pending, 0);
    let word = InitializingWord::new().with_reset_acknowledged(true);
    bench.write(INITIALIZING, word.to_word());
    assert_eq!(bench.held(Function::Pf), 0);
    let over = InitializingWord::from_word(bench.read(INITIALIZING));
    assert!(over.reset_state() == 0 && !over.initializing());
}

#[test]
fn a_driver_that_says_no_has_the_start_refused() {
    let mut bench = listening(hasty());
    let start = register(RegisterAccess::Write, FirmwareResetLevel::new().with_start(true));
    let started = bench.ring(5, &start, 24);
    bench.settle();
    answer(&mut bench, 2);
    bench.settle();
    let refused = bench.poll(started).map(|output| output.status());
    assert_eq!(refused, Some(CommandStatus::BadSystemState));
    assert_eq!(reset_status(&mut bench), ResetStatus::Refused);
    assert_eq!(bench.held(Function::Pf), 240);
}

#[test]
fn another_hosts_reset_waits_for_its_next_order() {
    let mut bench = listening(hasty());
    bench.order(&FirmwareOrder::SyncReset(SyncResetOrder::Request));
    answer(&mut bench, 1);
    bench.wait(Cycles::from_millis(10));
    assert_eq!(told(&mut bench), [SyncResetState::Request]);
    assert!(bench.silicon.expects_reset(Function::Pf));
    bench.order(&FirmwareOrder::SyncReset(SyncResetOrder::Abort));
    assert_eq!(told(&mut bench), [SyncResetState::Abort]);
    assert!(!bench.silicon.expects_reset(Function::Pf));
    assert_eq!(reset_status(&mut bench), ResetStatus::Idle);
}
