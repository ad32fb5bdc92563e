//! Event queues: owner bit, arming, interrupts, overflow.

use crate::config::DeviceKind;
use crate::order::{FirmwareOrder, OrderError, StrayEvent};
use crate::record::Record;
use crate::testing::{Bench, ecpf_config, pf_config, plain};
use prm::eswitch::{HostFunctions, QueryEswFunctions};
use prm::event::{PageRequest, VhcaStateChange, VportChange};
use prm::event_queue::DestroyEq;
use prm::{Command, EventType, Function, PageCount, WireIdentity};

const COMMANDS: u8 = 1;
const ASYNC: u8 = 2;
const PAGES: u8 = 3;

fn interrupts(bench: &mut Bench) -> usize {
    std::mem::take(&mut bench.host().interrupts).len()
}

#[test]
fn a_page_request_goes_to_the_queue_made_for_it() {
    let mut bench = Bench::loaded(pf_config());
    bench.request(Function::Vf(2), 64);
    let events = bench.events(PAGES);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind(), EventType::PageRequest);
    let data: PageRequest = events[0].data();
    assert_eq!(
        (data.function_id(), data.ec_function(), data.release_all()),
        (17, false, false)
    );
    assert_eq!(PageCount::from_bits(data.page_count()).0, 64);
    assert!(bench.events(ASYNC).is_empty());
}

#[test]
fn a_queue_that_takes_more_types_serves_if_there_is_no_other() {
    let mut bench = Bench::loaded(pf_config());
    bench
        .run::<DestroyEq>(&DestroyEq::input().with_eq_number(PAGES))
        .ok();
    let request = FirmwareOrder::RequestPages(crate::testing::request(Function::Pf, 1));
    let refused = bench.silicon.order(&request, bench.now, &mut bench.hosts);
    assert_eq!(refused, Err(OrderError::NoEventQueue));
    let broad = bench.create_eq(1 << 0x0b | 1 << 0x0d, 6);
    bench.request(Function::Pf, 1);
    assert_eq!(bench.events(broad).len(), 1);
}

#[test]
fn one_interrupt_comes_for_what_is_posted_until_the_queue_is_armed_again() {
    let mut bench = Bench::loaded(pf_config());
    interrupts(&mut bench);
    bench.request(Function::Pf, 1);
    bench.request(Function::Pf, 2);
    assert_eq!(interrupts(&mut bench), 1);
    assert_eq!(bench.events(PAGES).len(), 2);
    bench.arm(PAGES, true);
    assert_eq!(interrupts(&mut bench), 0);
    bench.request(Function::Pf, 3);
    assert_eq!(interrupts(&mut bench), 1);
    bench.arm(PAGES, true);
    assert_eq!(
        interrupts(&mut bench),
        1,
        "an entry is pending when the queue is armed"
    );
    bench.events(PAGES);
    bench.arm(PAGES, false);
    bench.request(Function::Pf, 4);
    assert_eq!(interrupts(&mut bench), 0, "the doorbell did not arm");
}

#[test]
fn the_owner_bit_changes_with_each_pass() {
    let mut bench = Bench::loaded(pf_config());
    for round in 0..5u32 {
        for _ in 0..100 {
            bench.request(Function::Pf, 1);
        }
        assert_eq!(bench.events(PAGES).len(), 100, "round {round}");
        bench.arm(PAGES, true);
    }
}

#[test]
fn an_event_that_finds_the_queue_full_is_lost_and_recorded() {
    let mut bench = Bench::loaded(pf_config());
    for _ in 0..257 {
        bench.request(Function::Pf, 1);
    }
    let lost = bench
        .records
        .iter()
        .filter(|record| matches!(record, Record::EventLost { .. }));
    assert_eq!(lost.count(), 1);
    assert_eq!(bench.silicon.unanswered_requests().len(), 256);
    assert_eq!(bench.events(PAGES).len(), 256);
}

#[test]
fn command_completions_name_the_slot() {
    let mut bench = Bench::loaded(pf_config());
    bench.events(COMMANDS);
    bench.arm(COMMANDS, true);
    bench.give(5, false, 1).ok();
    let events = bench.events(COMMANDS);
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].data::<prm::event::CommandCompletion>().vector(),
        1 << 31
    );
}

#[test]
fn ordered_events_carry_their_data() {
    let mut bench = Bench::loaded(pf_config());
    bench.order(&FirmwareOrder::VportChange { vport: 1 });
    let events = bench.events(ASYNC);
    assert_eq!(events[0].kind(), EventType::NicVportChange);
    assert_eq!(events[0].data::<VportChange>().vport_number(), 1);
}

#[test]
fn events_may_tell_of_what_is_not_there() {
    let mut bench = Bench::loaded(ecpf_config());
    bench.order(&FirmwareOrder::StrayEvent(StrayEvent::HostVfs { count: 9 }));
    let told = bench.run::<QueryEswFunctions>(&QueryEswFunctions::input()).ok();
    let host = HostFunctions::from_prefix(&told.bytes[16..]).expect("long enough");
    assert_eq!(host.vf_count(), 9);
    let stranger = WireIdentity { id: 900, ec: true };
    bench.order(&FirmwareOrder::StrayEvent(StrayEvent::VhcaState(stranger)));
    let events = bench.events(ASYNC);
    assert_eq!(events[0].kind(), EventType::EswFunctionsChanged);
    let data: VhcaStateChange = events[1].data();
    assert_eq!((data.function_id(), data.ec_function()), (900, 1));
}

#[test]
fn a_queue_whose_memory_is_gone_loses_events() {
    let mut bench = Bench::loaded(plain(DeviceKind::Pf, 5));
    let (input, pages) = bench.create_eq_input(1 << 0x0d, 4);
    bench.run_bytes(&input, 16).ok();
    bench.host().unmap(pages[0]);
    let before = bench.silicon.clone();
    bench.order(&FirmwareOrder::VportChange { vport: 1 });
    assert!(
        bench
            .records
            .iter()
            .any(|record| matches!(record, Record::EventLost { .. }))
    );
    assert_eq!(before.ledger(), bench.silicon.ledger());
}
