//! A machine on a bus and a clock that the test holds in its hand.

mod fake;

use super::RemoteMachine;
use crate::holdings::{Account, Holdings, HostView, Stray, StrayKind};
use crate::machine::Machine;
use fake::Fake;
use prm::link::{BusError, DmaStray, TimeAnswer, TimeOrder};
use prm::{Cycles, Function, Iova};

const PAGE: u64 = 4096;
const FIRST: u64 = 1 << 32;

fn machine(fake: &Fake, page_bytes: u64) -> RemoteMachine<Fake, Fake> {
    fake.answers([TimeAnswer::default()]);
    RemoteMachine::new(fake.clone(), fake.clone(), page_bytes).expect("there is memory")
}

fn raised(interrupts: &[(Function, u16)]) -> TimeAnswer {
    TimeAnswer {
        interrupts: interrupts.to_vec(),
        ..TimeAnswer::default()
    }
}

#[test]
fn registers_are_big_endian_and_a_function_is_opened_once() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    assert_eq!(machine.read_register(Function::Vf(2), 0x10), Ok(0x1011_1213));
    assert_eq!(machine.read_register_byte(Function::Vf(2), 0x11), Ok(0x11));
    machine.write_register(Function::Pf, 4, 0x0102_0304).unwrap();
    let bench = fake.0.borrow();
    assert_eq!(bench.opened, [Function::Vf(2), Function::Pf]);
    assert_eq!(bench.written, [(Function::Pf, 4, vec![1, 2, 3, 4])]);
}

#[test]
fn the_device_is_asked_after_it_was_touched_and_not_otherwise() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    machine.read_register(Function::Pf, 0).unwrap();
    machine.catch_up();
    assert_eq!(machine.take_interrupt(), None);
    assert_eq!(fake.0.borrow().orders, [TimeOrder::default()], "as it was made");
    fake.answers([raised(&[]), raised(&[])]);
    machine.write_register(Function::Pf, 0, 1).unwrap();
    machine.catch_up();
    machine.reset_function(Function::Pf).unwrap();
    assert!(!machine.has_caught("h"));
    machine.catch_up();
    assert_eq!(fake.0.borrow().orders.len(), 3);
    fake.answers([raised(&[])]);
    machine.note_act();
    machine.catch_up();
    assert_eq!(fake.0.borrow().orders.len(), 4);
    assert_eq!(fake.0.borrow().resets, [Function::Pf]);
}

#[test]
fn interrupts_are_those_that_were_raised_while_a_driver_had_enabled_them() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    let (pf, vf) = ((Function::Pf, 1), (Function::Vf(1), 1));
    fake.answers([raised(&[pf])]);
    machine.write_register(pf.0, 0, 1).unwrap();
    machine.enable_vector(pf.0, pf.1).unwrap();
    assert_eq!(machine.take_interrupt(), None, "raised before");
    machine.enable_vector(vf.0, vf.1).unwrap();
    fake.answers([raised(&[vf, pf, (Function::Pf, 2), vf])]);
    machine.write_register(pf.0, 0, 1).unwrap();
    machine.disable_vector(pf.0, pf.1).unwrap();
    let taken = [
        machine.take_interrupt(),
        machine.take_interrupt(),
        machine.take_interrupt(),
    ];
    assert_eq!(taken, [Some(vf), Some(pf), None], "in order, each edge once");
    fake.answers([raised(&[pf, vf])]);
    machine.write_register(pf.0, 0, 1).unwrap();
    assert_eq!(machine.take_interrupt(), Some(vf), "the other one is disabled");
    assert_eq!(machine.failure(), None);
}

#[test]
fn an_interrupt_that_never_comes_is_none_and_said() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    machine.enable_vector(Function::Pf, 3).unwrap();
    fake.0.borrow_mut().deaf.insert((Function::Pf, 3));
    fake.answers([raised(&[(Function::Pf, 3)])]);
    machine.write_register(Function::Pf, 0, 1).unwrap();
    assert_eq!(machine.take_interrupt(), None);
    assert_eq!(
        machine.failure(),
        Some("vector 3 of pf was raised, and nothing came")
    );
    fake.answers([raised(&[])]);
    machine.write_register(Function::Pf, 0, 1).unwrap();
    machine.catch_up();
    assert_eq!(
        fake.0.borrow().orders.len(),
        3,
        "the device is there all the same"
    );
}

#[test]
fn the_clock_is_the_devices_and_what_it_tells_is_kept() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    fake.answers([TimeAnswer {
        now_ns: 700,
        acted: true,
        next_due_ns: Some(900),
        in_service: true,
        caught: vec!["h".to_owned()],
        ..TimeAnswer::default()
    }]);
    assert!(machine.advance_to(Cycles(700)));
    assert_eq!(fake.0.borrow().orders[1].advance_to_ns, Some(700));
    assert_eq!(
        (machine.now(), machine.next_due()),
        (Cycles(700), Some(Cycles(900)))
    );
    assert!(machine.is_in_service() && machine.has_caught("h") && !machine.has_caught("g"));
    fake.answers([TimeAnswer {
        now_ns: 650,
        ..TimeAnswer::default()
    }]);
    assert!(!machine.advance_to(Cycles(650)));
    assert_eq!(
        (machine.now(), machine.next_due()),
        (Cycles(700), None),
        "it never goes back"
    );
}

#[test]
fn without_an_answer_the_device_is_gone_and_time_passes_without_it() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    let (account, page) = (
        Account(0),
        machine.memory_mut().allocate_page(Account(0)).unwrap(),
    );
    let at = machine.memory_mut().map_page(account, page).unwrap();
    machine.enable_vector(Function::Pf, 0).unwrap();
    assert!(!machine.advance_to(Cycles(50)));
    assert_eq!(
        machine.failure(),
        Some("the device's clock: the server has ended")
    );
    assert_eq!(machine.now(), Cycles(50));
    assert_eq!(machine.read_register(Function::Pf, 0), Err(BusError::Gone));
    assert_eq!(machine.write_register(Function::Pf, 0, 1), Err(BusError::Gone));
    assert_eq!(machine.take_interrupt(), None);
    assert!(!machine.advance_to(Cycles(60)) && machine.next_due().is_none() && !machine.is_in_service());
    assert_eq!(
        (machine.now(), fake.0.borrow().orders.len()),
        (Cycles(60), 2),
        "it is not asked again"
    );
    machine.memory_mut().unmap_page(account, at).unwrap();
    machine.memory_mut().free_page(account, page);
    assert_eq!(machine.memory().holdings(account), Holdings::default());
}

#[test]
fn an_access_that_fails_says_what_it_was_and_the_next_one_may_succeed() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    fake.0.borrow_mut().broken = Some(BusError::TimedOut);
    assert_eq!(
        machine.read_register(Function::Pf, 0x1fc),
        Err(BusError::TimedOut)
    );
    let words = "reading the register at 0x1fc of pf: there was no answer in time";
    assert_eq!(machine.failure(), Some(words));
    fake.0.borrow_mut().broken = None;
    assert!(machine.read_register(Function::Pf, 0).is_ok());
    assert_eq!(machine.failure(), Some(words), "the first one is kept");
}

#[test]
fn pages_have_the_addresses_of_a_host_in_one_process_and_lie_behind_nobodys_page() {
    let fake = Fake::new();
    let mut machine = machine(&fake, 16 * PAGE);
    let account = Account(0);
    assert_eq!(fake.0.borrow().maps[&0], (0, PAGE));
    let buffer = machine.memory_mut().allocate_coherent(account, 2 * PAGE).unwrap();
    let page = machine.memory_mut().allocate_page(account).unwrap();
    let at = machine.memory_mut().map_page(account, page).unwrap();
    assert_eq!((buffer.0, at.0), (FIRST, FIRST + 16 * PAGE));
    assert_eq!(fake.0.borrow().maps[&buffer.0], (PAGE, 2 * PAGE));
    assert_eq!(
        fake.0.borrow().maps[&at.0],
        (17 * PAGE, 16 * PAGE),
        "a page is one map"
    );
    machine
        .memory_mut()
        .driver_write(Iova(buffer.0 + 4094), &[7; 4])
        .unwrap();
    assert_eq!(fake.0.borrow().window[&(PAGE + 4097)], 7);
    machine
        .memory_mut()
        .free_coherent(account, buffer, 2 * PAGE)
        .unwrap();
    assert!(!fake.0.borrow().maps.contains_key(&buffer.0));
    let again = machine.memory_mut().allocate_coherent(account, 2 * PAGE).unwrap();
    assert_eq!(again, buffer, "what was given back last is taken first");
    let mut bytes = [1; 4];
    machine
        .memory()
        .driver_read(Iova(buffer.0 + 4094), &mut bytes)
        .unwrap();
    assert_eq!(bytes, [0; 4], "and is clear");
}

#[test]
fn a_window_that_is_full_and_a_bus_that_maps_nothing_refuse_memory() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    fake.0.borrow_mut().capacity = 2 * PAGE;
    let account = Account(0);
    assert!(machine.memory_mut().allocate_coherent(account, 2 * PAGE).is_err());
    let page = machine.memory_mut().allocate_page(account);
    assert!(page.is_err(), "its number lies beyond the window, too");
    fake.0.borrow_mut().capacity = 1 << 20;
    let page = machine.memory_mut().allocate_page(account).unwrap();
    fake.0.borrow_mut().refuses_maps = true;
    assert!(machine.memory_mut().map_page(account, page).is_err());
    assert!(machine.memory_mut().allocate_coherent(account, PAGE).is_err());
    fake.0.borrow_mut().refuses_maps = false;
    assert!(machine.memory_mut().map_page(account, page).is_ok());
}

#[test]
fn what_may_be_on_its_way_arrives_before_memory_is_looked_at() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    let buffer = machine.memory_mut().allocate_coherent(Account(0), PAGE).unwrap();
    machine.memory().driver_read(buffer, &mut [0; 4]).unwrap();
    let flushes = fake.0.borrow().flushes;
    machine.memory().driver_read(buffer, &mut [0; 4]).unwrap();
    assert_eq!(fake.0.borrow().flushes, flushes, "nothing is on its way");
    machine.write_register(Function::Pf, 0x18, 1).unwrap();
    machine.memory().driver_read(buffer, &mut [0; 4]).unwrap();
    assert_eq!(fake.0.borrow().flushes, flushes + 1);
}

#[test]
fn strays_are_those_of_a_host_in_one_process() {
    let fake = Fake::new();
    let mut machine = machine(&fake, PAGE);
    let stray = |write, at, reached| DmaStray {
        write,
        at: Iova(at),
        bytes: 8,
        reached,
    };
    fake.answers([TimeAnswer {
        strays: vec![
            stray(false, FIRST, false),
            stray(true, 0, true),
            stray(false, 8, true),
            stray(true, FIRST, false),
        ],
        ..TimeAnswer::default()
    }]);
    machine.write_register(Function::Pf, 0, 1).unwrap();
    machine.catch_up();
    let kinds: Vec<StrayKind> = machine
        .memory_mut()
        .take_strays()
        .into_iter()
        .map(|stray: Stray| stray.kind)
        .collect();
    let wanted = [
        StrayKind::DeviceRead,
        StrayKind::LowMemoryWrite,
        StrayKind::LowMemoryRead,
        StrayKind::DeviceWrite,
    ];
    assert_eq!(kinds, wanted);
}
