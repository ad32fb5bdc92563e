//! The device through its sockets: a driver loads, answers page requests, is reset.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and runs the server on a thread"
)]

mod support;

use emulator::order::{CommandMatch, Hold, HoldPoint, PageRequest};
use emulator::{FirmwareOrder, GateOrder, Owner, Record};
use prm::event::{CommandCompletion, PageRequest as PageRequestEvent};
use prm::hca::{EnableHca, QueryIssi};
use prm::{Command, EventType, Function};
use support::driver::Driver;
use support::guest::{BAR0, Guest};
use support::{Served, ecpf, lone_vf, pf, pf_with_sfs};

fn request(function: Function, pages: i32) -> FirmwareOrder {
    FirmwareOrder::RequestPages(PageRequest {
        function: Some(function),
        identity: None,
        pages,
        release_all: false,
    })
}

fn held(served: &Served, supplier: Function, owner: Function) -> u64 {
    served.with(move |server| server.silicon().ledger().pages(supplier, Owner::from(owner)))
}

#[test]
fn a_driver_loads_and_answers_a_page_request_that_an_interrupt_announced() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let (mut driver, interrupt) = Driver::load(&mut guest);
    assert_eq!(held(&served, Function::Pf, Function::Pf), 240);
    assert_eq!(interrupt.take(), 0);
    for round in 0..40u64 {
        served
            .with(|server| server.order(&request(Function::Vf(2), 3)))
            .unwrap();
        assert_eq!(interrupt.wait(), 1);
        let event: PageRequestEvent = driver.event(&mut guest).data();
        assert_eq!(
            (event.function_id(), event.page_count()),
            (17, 3),
            "VF 2 by its vhca_id"
        );
        driver.give(&mut guest, 17, false, 3);
        assert_eq!(held(&served, Function::Pf, Function::Vf(2)), 3 * (round + 1));
    }
    let counters = served.with(|server| server.counters());
    let pf = &counters.functions[0];
    assert_eq!(
        (pf.interrupts, pf.interrupts_lost, pf.dma_blocked, pf.refused),
        (40, 0, 0, 0)
    );
    assert!(pf.connected && pf.messages > 100 && pf.serving_ns > 0 && counters.device_ns > 0);
    assert!(pf.dma_read > 64 * 50 && pf.dma_written > 64 * 40);
}

#[test]
fn a_vf_that_is_reset_by_its_guest_gives_back_what_the_pf_supplied_for_it() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let (mut driver, interrupt) = Driver::load(&mut guest);
    guest.enable_vfs(2);
    let mut vf = Guest::boot(&served, Function::Vf(2));
    assert_eq!(interrupt.take(), 0, "a VF that holds nothing gives nothing back");
    for by_configuration_space in [true, false] {
        driver.give(&mut guest, 17, false, 64);
        assert_eq!(held(&served, Function::Pf, Function::Vf(2)), 64);
        if by_configuration_space {
            vf.function_level_reset();
        } else {
            vf.client.reset().unwrap();
        }
        assert_eq!(interrupt.wait(), 1);
        let event: PageRequestEvent = driver.event(&mut guest).data();
        assert_eq!((event.function_id(), event.release_all()), (17, true));
        assert_eq!(held(&served, Function::Pf, Function::Vf(2)), 0);
    }
    driver.give(&mut guest, 17, false, 64);
    guest.disable_vfs();
    assert_eq!(
        interrupt.take(),
        0,
        "VFs that go are disabled by their PF's driver"
    );
    assert_eq!(held(&served, Function::Pf, Function::Vf(2)), 64);
}

#[test]
fn an_ecpf_and_a_lone_vf_load_too() {
    for (config, function, pages) in [(ecpf(), Function::Ecpf, 240), (lone_vf(), Function::Vf(1), 240)] {
        let served = Served::start(config);
        let mut guest = Guest::boot(&served, function);
        let (_, interrupt) = Driver::load(&mut guest);
        assert_eq!(held(&served, function, function), pages);
        served
            .with(move |server| server.order(&request(function, 1)))
            .unwrap();
        assert_eq!(interrupt.wait(), 1);
    }
}

#[test]
fn an_sf_loads_through_its_window_and_interrupts_through_its_pf() {
    let served = Served::start(pf_with_sfs());
    let mut guest = Guest::boot(&served, Function::Pf);
    let mut sf = Driver::attach_sf(&mut guest, 4);
    sf.start(&mut guest);
    sf.give(&mut guest, 0, false, 2);
    // With a queue for completions, each command raises the queue's vector, which is one of the PF's.
    sf.create_queue(&mut guest, EventType::CommandCompletion, 3);
    let interrupt = guest.arm(3);
    sf.run::<QueryIssi>(&mut guest, &QueryIssi::input());
    assert_eq!(interrupt.wait(), 1);
    let completion: CommandCompletion = sf.event(&mut guest).data();
    assert_eq!(completion.vector(), 1);
    // Behind the last SF there is nothing, and an SF goes with its PF.
    assert_eq!(guest.register(2, 5 << 20), 0);
    assert_ne!(guest.register(2, 4 << 20), 0);
    assert_eq!(held(&served, Function::Sf(5), Function::Sf(5)), 2);
    guest.function_level_reset();
    assert_eq!(held(&served, Function::Sf(5), Function::Sf(5)), 0);
}

#[test]
fn without_bus_mastering_nothing_is_read_and_that_is_on_record() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let mut driver = Driver::attach(&mut guest);
    guest.set_config(0x04, &0x0002_u16.to_le_bytes());
    served.records();
    let input = EnableHca::input();
    let (at, _) = driver.ring(&mut guest, 0, input.as_bytes(), EnableHca::OUTPUT_LENGTH);
    guest.config_u16(0);
    let stray = |record: &Record| {
        matches!(
            record,
            Record::StrayDma {
                endpoint: Function::Pf,
                ..
            }
        )
    };
    assert!(served.records().iter().any(stray));
    assert_eq!(
        served.with(|server| server.counters()).functions[0].dma_blocked,
        1
    );
    // The driver rings again once it has switched it on.
    guest.set_config(0x04, &0x0006_u16.to_le_bytes());
    driver.write(&mut guest, prm::init_segment::COMMAND_DOORBELL, 1);
    assert!(Driver::poll(&guest, at).is_some());
}

#[test]
fn an_event_without_bus_mastering_is_lost_with_its_interrupt() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let (_, interrupt) = Driver::load(&mut guest);
    guest.set_config(0x04, &0x0002_u16.to_le_bytes());
    served
        .with(|server| server.order(&request(Function::Pf, 1)))
        .unwrap();
    assert_eq!(interrupt.take(), 0);
    let lost = |record: &Record| {
        matches!(
            record,
            Record::EventLost {
                endpoint: Function::Pf,
                ..
            }
        )
    };
    assert!(served.records().iter().any(lost));
}

#[test]
fn a_held_command_completes_when_it_is_released() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let mut driver = Driver::attach(&mut guest);
    let hold = GateOrder::Hold(Hold {
        name: "enable".to_owned(),
        command: CommandMatch {
            command: "ENABLE_HCA".to_owned(),
            ..CommandMatch::default()
        },
        at: HoldPoint::BeforeCompletion,
        posts: Vec::new(),
    });
    served.with(move |server| server.gate(&hold)).unwrap();
    let input = EnableHca::input();
    let (at, _) = driver.ring(&mut guest, 0, input.as_bytes(), EnableHca::OUTPUT_LENGTH);
    while served.with(|server| server.silicon().holds()[0].caught.is_none()) {
        support::pause();
    }
    let mut entry = [0; 64];
    guest.load(at, &mut entry);
    assert_eq!(entry[63] & 1, 1, "the device still owns the entry");
    let name = "enable".to_owned();
    served
        .with(|server| server.gate(&GateOrder::Release { name }))
        .unwrap();
    assert!(Driver::poll(&guest, at).is_some());
}

#[test]
fn a_function_level_reset_and_a_device_reset_leave_a_fresh_function() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    for by_config in [true, false] {
        Driver::load(&mut guest);
        guest.set_config(0x4a, &0x8000_u16.to_le_bytes());
        assert_eq!(held(&served, Function::Pf, Function::Pf), 240);
        if by_config {
            guest.function_level_reset();
        } else {
            guest.client.reset().unwrap();
        }
        assert_eq!(held(&served, Function::Pf, Function::Pf), 0);
        assert_eq!(guest.config_u16(0x04), 0, "command register");
        assert_eq!(guest.config_u16(0x4a), 15, "MSI-X control");
        assert_eq!(
            guest.config_u16(0x68) >> 15,
            0,
            "the bit that initiates a reset reads 0"
        );
        assert_eq!(guest.register(BAR0, 0x10), 0, "queue address");
        guest.set_config(0x04, &0x0006_u16.to_le_bytes());
    }
    // Maps and eventfds are the client's and stay.
    let (_, interrupt) = Driver::load(&mut guest);
    served
        .with(|server| server.order(&request(Function::Pf, 1)))
        .unwrap();
    assert_eq!(interrupt.wait(), 1);
}

#[test]
fn registers_are_read_in_any_size_and_written_whole() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let read = |guest: &mut Guest, at, length: usize| {
        let mut bytes = vec![0; length];
        guest.client.region_read(BAR0, at, &mut bytes).unwrap();
        bytes
    };
    assert_eq!(read(&mut guest, 4, 2), [0, 5], "cmdif_rev is big-endian");
    assert_eq!(read(&mut guest, 5, 1), [5]);
    let both = [read(&mut guest, 0, 4), read(&mut guest, 4, 4)].concat();
    assert_eq!(read(&mut guest, 0, 8), both);
    assert_eq!(read(&mut guest, 3, 4), both[3..7]);
    assert_eq!(read(&mut guest, 0x23d, 1), [0], "healthy");
    let address = [1u32.to_be_bytes(), 0x2000u32.to_be_bytes()].concat();
    guest.client.region_write(BAR0, 0x10, &address).unwrap();
    assert_eq!(guest.register(BAR0, 0x10), 1);
    // Table and pending bits of MSI-X are QEMU's; here they are zeros.
    guest.client.region_write(BAR0, 0x30_0000, &[0xff; 16]).unwrap();
    guest.client.region_write(BAR0, 0x31_0000, &[0xff; 8]).unwrap();
    for at in (0x2f_fff8..0x31_fff8).step_by(0x1000) {
        assert_eq!(read(&mut guest, at, 0x1000), vec![0; 0x1000]);
    }
    let refused = |record: &Record| matches!(record, Record::Refused { .. });
    assert!(!served.records().iter().any(refused));
}

#[test]
fn work_that_is_due_later_is_done_without_a_message() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    let mut driver = Driver::attach(&mut guest);
    let late = serde_json::json!({ "answer": { "to": { "command": "ENABLE_HCA" }, "with": { "late": { "after_ms": 30 } } } });
    let late: FirmwareOrder = serde_json::from_value(late).unwrap();
    served.with(move |server| server.order(&late)).unwrap();
    let input = EnableHca::input();
    let (at, _) = driver.ring(&mut guest, 0, input.as_bytes(), EnableHca::OUTPUT_LENGTH);
    assert!(Driver::poll(&guest, at).is_some());
    let time = served.records().iter().find_map(|record| match record {
        Record::Command(command) => Some(command.cycles.saturating_sub(command.rung)),
        _ => None,
    });
    let time = time.unwrap().as_millis();
    assert!((30..2000).contains(&time), "{time} ms of real time");
}
