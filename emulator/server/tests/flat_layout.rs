//! Ordinary functions that any device can be put behind.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and runs the server on a thread"
)]

mod support;

use device_pci::TooManyFunctions;
use device_server::{Layout, ServeError, ServerOptions};
use emulator::{DeviceConfig, FirmwareOrder, Owner, Record};
use prm::{Function, init_segment as segment};
use std::path::PathBuf;
use support::driver::Driver;
use support::guest::{BAR0, BAR2, Guest};
use support::{Served, ecpf, lone_vf, pf, pf_with_sfs};

const VENDOR: u16 = 0x15b3;

fn serve(config: DeviceConfig) -> Served {
    let layout = Layout::Flat {
        virtual_functions: 2,
        sf_windows: 6,
    };
    let options = ServerOptions {
        layout,
        ..ServerOptions::default()
    };
    Served::start_with(config, options)
}

fn socket(served: &Served, place: usize) -> PathBuf {
    served.folder.path().join(format!("f{place}.sock"))
}

fn held(served: &Served, function: Function) -> u64 {
    served.with(move |server| server.silicon().ledger().pages(function, Owner::from(function)))
}

fn replace(served: &Served, config: DeviceConfig) {
    served.with(|server| server.replace_silicon(config, 1)).unwrap();
}

#[test]
fn every_place_has_a_socket_and_an_ordinary_function() {
    let served = serve(ecpf());
    let slots = served.with(|server| server.slots());
    let found: Vec<_> = slots.iter().map(|slot| (slot.function, slot.devfn)).collect();
    assert_eq!(
        found,
        [
            (Function::Ecpf, 0),
            (Function::EcVf(1), 1),
            (Function::EcVf(2), 2)
        ]
    );
    let sockets: Vec<PathBuf> = served.with(|server| server.sockets().to_vec());
    assert_eq!(
        sockets,
        (0..3).map(|place| socket(&served, place)).collect::<Vec<_>>()
    );
    for (place, device) in [(0, 0x101b), (1, 0x101c), (2, 0x101c)] {
        let mut guest = Guest::boot_at(&socket(&served, place));
        assert_eq!((guest.config_u16(0), guest.config_u16(2)), (VENDOR, device));
        assert_eq!(
            guest.config_u32(0x100),
            0,
            "no extended capability: neither SR-IOV nor ARI"
        );
    }
}

#[test]
fn what_the_device_does_not_have_reads_all_ones_and_is_no_worse_for_a_write() {
    let served = serve(lone_vf());
    let mut guest = Guest::boot_at(&socket(&served, 1));
    assert_eq!(
        guest.config_u16(0),
        VENDOR,
        "a host finds the function before its device comes"
    );
    assert_eq!(guest.register(BAR0, segment::INITIALIZING), u32::MAX);
    guest.set_register(BAR0, segment::COMMAND_DOORBELL, 1);
    guest.function_level_reset();
    guest.client.reset().unwrap();
    assert_eq!(served.records(), []);
    assert_eq!(served.with(|server| server.slots().len()), 1);
    let mut first = Guest::boot_at(&socket(&served, 0));
    assert_eq!(first.register(BAR2, segment::INITIALIZING), u32::MAX);
    assert_eq!(
        first.register(BAR2, 7 << 20),
        0,
        "behind the last window there is nothing"
    );
}

#[test]
fn another_device_comes_and_the_clients_stay_with_memory_and_interrupts() {
    let served = serve(pf());
    let mut guest = Guest::boot_at(&socket(&served, 0));
    let mut second = Guest::boot_at(&socket(&served, 1));
    let interrupt = guest.arm(0);
    for (config, main, virtual_function) in [
        (pf(), Function::Pf, Some(Function::Vf(1))),
        (ecpf(), Function::Ecpf, Some(Function::EcVf(1))),
        (lone_vf(), Function::Vf(1), None),
        (pf_with_sfs(), Function::Pf, None),
    ] {
        replace(&served, config);
        assert_eq!(interrupt.take(), 0);
        Driver::load_unarmed(&mut guest);
        assert_eq!(held(&served, main), 240);
        assert!(served.with(move |server| server.connected(main)));
        let request = FirmwareOrder::RequestPages(emulator::order::PageRequest {
            function: Some(main),
            identity: None,
            pages: 1,
            release_all: false,
        });
        served.with(move |server| server.order(&request)).unwrap();
        assert_eq!(interrupt.wait(), 1);
        match virtual_function {
            Some(function) => {
                drop(served.records());
                Driver::attach(&mut second).start(&mut second);
                let is_its = |record: &Record| matches!(record, Record::Command(command) if command.endpoint == function);
                assert!(served.records().iter().any(is_its));
            }
            None => assert_eq!(second.register(BAR0, segment::INITIALIZING), u32::MAX),
        }
    }
    let mut sf = Driver::attach_sf(&mut guest, 4);
    sf.start(&mut guest);
    sf.give(&mut guest, 0, false, 3);
    assert_eq!(held(&served, Function::Sf(5)), 3);
    assert_eq!(guest.register(BAR2, 5 << 20 | segment::INITIALIZING), u32::MAX);
}

#[test]
fn a_reset_of_the_first_is_firmwares_and_the_others_keep_their_configuration() {
    let served = serve(pf());
    let mut guest = Guest::boot_at(&socket(&served, 0));
    let mut vf = Guest::boot_at(&socket(&served, 1));
    for by_configuration_space in [true, false] {
        Driver::attach(&mut guest).start(&mut guest);
        let mut driver = Driver::attach(&mut vf);
        driver.start(&mut vf);
        driver.give(&mut vf, 16, false, 3);
        assert_eq!(
            (held(&served, Function::Pf), held(&served, Function::Vf(1))),
            (240, 3)
        );
        if by_configuration_space {
            guest.function_level_reset();
        } else {
            guest.client.reset().unwrap();
        }
        assert_eq!(
            (held(&served, Function::Pf), held(&served, Function::Vf(1))),
            (0, 0)
        );
        assert_eq!((guest.config_u16(4), vf.config_u16(4)), (0, 6));
        guest.set_config(0x04, &0x0006_u16.to_le_bytes());
    }
}

#[test]
fn more_places_than_a_bus_has_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bind = |virtual_functions| {
        let options = ServerOptions {
            layout: Layout::Flat {
                virtual_functions,
                sf_windows: 0,
            },
            ..ServerOptions::default()
        };
        device_server::DeviceServer::bind_with(pf(), 1, folder.path(), options)
    };
    assert_eq!(bind(255).unwrap().sockets().len(), 256);
    assert!(matches!(
        bind(256),
        Err(ServeError::TooManyFunctions(TooManyFunctions(256)))
    ));
}
