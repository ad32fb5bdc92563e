//! A device whose clock stands until somebody moves it: what happens then, what never happens by itself, and what is told of it.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and runs the server on a thread"
)]

mod support;

use device_server::{ClockKind, DeviceServer, ServerOptions, WallClock};
use emulator::order::{CommandMatch, Hold, HoldPoint, PageRequest};
use emulator::{FirmwareOrder, GateOrder, Record};
use prm::hca::{EnableHca, QueryIssi};
use prm::init_segment as segment;
use prm::link::{DmaStray, TimeAnswer, TimeOrder};
use prm::{Command, Cycles, EventType, Function, Iova};
use support::driver::Driver;
use support::guest::{Guest, RAM_AT};
use support::{Served, pause, pf, pf_with_sfs};

fn serve(config: emulator::DeviceConfig) -> Served {
    let options = ServerOptions {
        clock: ClockKind::Virtual,
        ..ServerOptions::default()
    };
    Served::start_with(config, options)
}

fn time(served: &Served, order: TimeOrder) -> TimeAnswer {
    served.with(move |server| server.time(&order)).unwrap()
}

fn look(served: &Served) -> TimeAnswer {
    time(served, TimeOrder::look())
}

/// Moves the clock to what is due next, or on by a millisecond where nothing is.
fn step(server: &mut DeviceServer) {
    let next = server.silicon().next_due().map(|due| due.at);
    let at = next.unwrap_or_else(|| server.now().saturating_add(Cycles::from_millis(1)));
    server.time(&TimeOrder::advance_to(at)).unwrap();
}

/// A guest that moves the clock wherever it waits.
fn boot(served: &Served, function: Function) -> Guest {
    let mut guest = Guest::boot(served, function);
    guest.wait_by(served.asker(step));
    guest
}

fn is_done(guest: &Guest, entry: u64) -> bool {
    let mut bytes = [0; 64];
    guest.load(entry, &mut bytes);
    bytes[63] & 1 == 0
}

fn request(function: Function, pages: i32) -> FirmwareOrder {
    FirmwareOrder::RequestPages(PageRequest {
        function: Some(function),
        identity: None,
        pages,
        release_all: false,
    })
}

fn enable() -> Vec<u8> {
    EnableHca::input().as_bytes().to_vec()
}

#[test]
fn a_command_is_done_when_the_clock_gets_there_and_not_before() {
    let served = serve(pf());
    let mut guest = boot(&served, Function::Pf);
    let mut driver = Driver::attach(&mut guest);
    let before = look(&served);
    assert_eq!(
        (before.acted, before.in_service, before.next_due_ns),
        (false, false, None)
    );
    let (entry, _) = driver.ring(&mut guest, 0, &enable(), 16);
    for _ in 0..20 {
        // Neither real time nor an access makes it happen.
        pause();
        driver.read(&mut guest, segment::HEALTH_COUNTER);
    }
    let rung = look(&served);
    assert_eq!(
        (rung.now_ns, rung.in_service, is_done(&guest, entry)),
        (before.now_ns, true, false)
    );
    let due = rung.next_due().unwrap();
    let early = time(&served, TimeOrder::advance_to(Cycles(due.0 - 1)));
    assert_eq!(
        (early.acted, early.now_ns, is_done(&guest, entry)),
        (false, due.0 - 1, false)
    );
    let on_time = time(&served, TimeOrder::advance_to(due));
    assert_eq!(
        (on_time.acted, on_time.now(), is_done(&guest, entry)),
        (true, due, true)
    );
    assert_eq!((on_time.in_service, on_time.next_due_ns), (false, None));
    let back = time(&served, TimeOrder::advance_to(Cycles::ZERO));
    assert_eq!(
        (back.acted, back.now()),
        (false, due),
        "the clock never goes back"
    );
}

#[test]
fn the_same_accesses_make_the_same_records_however_long_they_take() {
    let records = |slow: bool| {
        let served = serve(pf());
        let mut guest = boot(&served, Function::Pf);
        if slow {
            let step = served.asker(step);
            guest.wait_by(move || {
                pause();
                step();
            });
        }
        let (mut driver, _) = Driver::load(&mut guest);
        served
            .with(|server| server.order(&request(Function::Pf, 5)))
            .unwrap();
        driver.give(&mut guest, 5, false, 5);
        served.records()
    };
    let quick = records(false);
    assert!(
        quick
            .iter()
            .any(|record| matches!(record, Record::PagesGiven(moved) if moved.pages == 5))
    );
    assert_eq!(quick, records(true));
}

#[test]
fn interrupts_are_told_once_in_their_order_whoever_listens() {
    let served = serve(pf_with_sfs());
    let mut guest = boot(&served, Function::Pf);
    let (mut driver, interrupt) = Driver::load(&mut guest);
    let mut sf = Driver::attach_sf(&mut guest, 4);
    sf.start(&mut guest);
    // No eventfd is armed for this vector.
    sf.create_queue(&mut guest, EventType::CommandCompletion, 7);
    assert_eq!(look(&served).interrupts, []);
    let (entry, _) = sf.ring(&mut guest, 0, QueryIssi::input().as_bytes(), 112);
    served
        .with(|server| server.order(&request(Function::Pf, 1)))
        .unwrap();
    driver.event(&mut guest);
    // The queue is armed again: the vector is raised a second time, and was not asked for in between.
    served
        .with(|server| server.order(&request(Function::Pf, 1)))
        .unwrap();
    assert_eq!(interrupt.take(), 2);
    let due = served.with(|server| server.silicon().next_due()).unwrap();
    let answer = time(&served, TimeOrder::advance_to(due.at));
    assert!(is_done(&guest, entry));
    assert_eq!(answer.interrupts, [(Function::Pf, 0), (Function::Sf(5), 7)]);
    assert_eq!(look(&served).interrupts, []);
    let lost = served.with(|server| server.counters().functions[0].interrupts_lost);
    assert_eq!(lost, 1);
}

#[test]
fn dma_that_goes_astray_is_told_once() {
    let served = serve(pf());
    let mut guest = boot(&served, Function::Pf);
    let driver = Driver::attach(&mut guest);
    let ring = |guest: &mut Guest, queue: u64| {
        let low = u32::try_from(queue).unwrap();
        driver.write(guest, segment::QUEUE_ADDRESS_HIGH, 0);
        driver.write(guest, segment::QUEUE_ADDRESS_LOW, low);
        driver.write(guest, segment::COMMAND_DOORBELL, 1);
    };
    ring(&mut guest, 0x1000);
    ring(&mut guest, 0);
    guest.client.dma_map(0, 0, 4096, guest.memory_fd()).unwrap();
    ring(&mut guest, 0);
    let stray = |at, reached| DmaStray {
        write: false,
        at: Iova(at),
        bytes: 64,
        reached,
    };
    let answer = look(&served);
    assert_eq!(
        answer.strays,
        [stray(0x1000, false), stray(0, false), stray(0, true)]
    );
    assert_eq!(look(&served).strays, []);
    ring(&mut guest, RAM_AT);
    assert_eq!(look(&served).strays, []);
}

#[test]
fn holds_and_what_firmware_waits_for_are_told() {
    let served = serve(pf());
    let mut guest = boot(&served, Function::Pf);
    let (mut driver, _) = Driver::load(&mut guest);
    let hold = GateOrder::Hold(Hold {
        name: "enable".to_owned(),
        command: CommandMatch {
            command: "ENABLE_HCA".to_owned(),
            ..CommandMatch::default()
        },
        at: HoldPoint::BeforeExecution,
        posts: Vec::new(),
    });
    served.with(move |server| server.gate(&hold)).unwrap();
    assert_eq!(look(&served).caught, Vec::<String>::new());
    driver.ring(&mut guest, 3, &enable(), 16);
    served.asker(step)();
    served
        .with(|server| server.order(&request(Function::Vf(1), 9)))
        .unwrap();
    let answer = time(
        &served,
        TimeOrder {
            waits: true,
            ..TimeOrder::look()
        },
    );
    assert_eq!(
        (answer.caught, answer.in_service),
        (vec!["enable".to_owned()], false)
    );
    let waits = answer.waits.unwrap();
    let commands: Vec<_> = waits
        .commands
        .iter()
        .map(|wait| (wait.endpoint, wait.slot))
        .collect();
    assert_eq!(commands, [(Function::Pf, 3)]);
    let requests: Vec<_> = waits
        .requests
        .iter()
        .map(|wait| (wait.owner.as_str(), wait.pages))
        .collect();
    assert_eq!(requests, [("vf1", 9)]);
    assert_eq!(look(&served).waits, None);
}

#[test]
fn another_silicon_begins_at_the_beginning() {
    let served = serve(pf());
    let mut guest = boot(&served, Function::Pf);
    let (mut driver, _) = Driver::load(&mut guest);
    driver.ring(&mut guest, 0, &enable(), 16);
    served
        .with(|server| server.order(&request(Function::Pf, 1)))
        .unwrap();
    assert!(served.with(|server| server.now()) > Cycles::ZERO);
    served.with(|server| server.replace_silicon(pf(), 1)).unwrap();
    let answer = look(&served);
    assert_eq!(answer, TimeAnswer::default());
    assert_eq!(served.records(), []);
}

#[test]
fn the_wall_clock_is_nobodys_to_move() {
    let served = Served::start(pf());
    let moved = served.with(|server| server.time(&TimeOrder::advance_to(Cycles::MAX)));
    assert_eq!(moved, Err(WallClock));
    let answer = look(&served);
    assert!(answer.now_ns > 0);
    assert_eq!(
        (answer.acted, answer.interrupts, answer.strays),
        (false, vec![], vec![])
    );
}
