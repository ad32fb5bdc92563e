//! The register window.

use crate::config::{DeviceKind, Timeouts};
use crate::order::{DeviceError, FirmwareOrder};
use crate::testing::{Bench, ecpf_config, pf_config, plain};
use prm::access_register::{AccessRegister, DefaultTimeouts, RegisterAccess, RegisterId};
use prm::init_segment::{
    COMMAND_TIMEOUT, HEALTH_COUNTER, INITIALIZING, INTERFACE_REVISION, InitializingWord, QUEUE_ADDRESS_LOW,
    QUEUE_INIT_TIMEOUT, Timeout,
};
use prm::{Command, Cycles, Function};

#[test]
fn the_queue_has_32_entries_of_64_bytes() {
    let mut bench = Bench::new(pf_config());
    assert_eq!(bench.read(QUEUE_ADDRESS_LOW), 0x56);
    assert_eq!(bench.read(INTERFACE_REVISION) >> 16, 5);
}

#[test]
fn only_an_ecpf_says_that_it_is_one() {
    let ecpf = |config| InitializingWord::from_word(Bench::new(config).read(INITIALIZING)).embedded_cpu();
    assert!(ecpf(ecpf_config()));
    assert!(!ecpf(pf_config()));
}

#[test]
fn timeouts_are_announced_only_where_they_differ_from_the_drivers() {
    let mut bench = Bench::new(pf_config());
    assert_eq!(
        (bench.read(COMMAND_TIMEOUT), bench.read(QUEUE_INIT_TIMEOUT)),
        (0, 0)
    );
    let mut config = pf_config();
    config.timeouts = Timeouts {
        command_ms: 2000,
        reclaim_pages_ms: 5000,
        reclaim_vfs_pages_ms: 1000,
        pcie_toggle_ms: 6000,
        firmware_reset_ms: 9000,
    };
    let mut bench = Bench::new(config);
    assert_eq!(bench.read(COMMAND_TIMEOUT), 2000);
    assert_ne!(bench.read(QUEUE_INIT_TIMEOUT), 0);
    let input = AccessRegister::input()
        .with_op_mod(RegisterAccess::Read.raw())
        .with_register_id(RegisterId::DefaultTimeouts.raw());
    let bytes: Vec<u8> = input.as_bytes().iter().copied().chain([0; 64]).collect();
    let output = bench.run_bytes(&bytes, 80).ok();
    let register = DefaultTimeouts::from_bytes(&output.bytes[16..]).expect("64 bytes");
    assert_eq!(register.reclaim_vfs_pages_timeout(), Timeout::from_millis(1000));
    assert_eq!(register.pcie_toggle_timeout(), Timeout::from_millis(6000));
    assert_eq!(register.firmware_reset_timeout(), Timeout::from_millis(9000));
}

#[test]
fn the_health_counter_moves_with_time() {
    let mut bench = Bench::new(pf_config());
    let before = bench.read(HEALTH_COUNTER);
    bench.wait(Cycles::from_secs(2));
    assert_ne!(bench.read(HEALTH_COUNTER), before);
}

#[test]
fn a_device_error_shows_in_the_health_buffer_until_the_driver_starts_anew() {
    let mut bench = Bench::loaded(pf_config());
    bench.order(&FirmwareOrder::DeviceError(DeviceError {
        syndrome: 0x10,
        fatal: true,
    }));
    assert_eq!(
        bench.silicon.read_register_byte(Function::Pf, 0x23d, bench.now),
        0x10
    );
    assert_eq!(
        bench.silicon.read_register_byte(Function::Pf, 0x238, bench.now) & 0x80,
        0x80
    );
    bench.connect(Function::Pf);
    assert_eq!(
        bench.silicon.read_register_byte(Function::Pf, 0x23d, bench.now),
        0
    );
    assert_eq!(bench.held(Function::Pf), 0, "a fatal error ends with a restart");
    bench.load();
}

#[test]
fn a_function_without_a_window_reads_all_ones() {
    let mut bench = Bench::new(plain(DeviceKind::Pf, 5));
    assert_eq!(
        bench.silicon.read_register(Function::HostPf, 0, bench.now),
        u32::MAX
    );
}

#[test]
fn a_reset_function_initialises_for_a_while() {
    let mut bench = Bench::loaded(pf_config());
    bench.silicon.reset_endpoint(Function::Pf, bench.now);
    assert_eq!(bench.silicon.ledger().rows().count(), 0);
    assert!(InitializingWord::from_word(bench.read(INITIALIZING)).initializing());
    bench.wait(Cycles::from_millis(2));
    assert!(!InitializingWord::from_word(bench.read(INITIALIZING)).initializing());
    bench.connect(Function::Pf);
    bench.load();
    assert_eq!(bench.held(Function::Pf), 240);
}
