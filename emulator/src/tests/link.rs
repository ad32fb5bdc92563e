//! The link: what is reached while it is down, and what firmware remembers when it is back.

use crate::config::OnLinkDown;
use crate::order::{FirmwareOrder, GateOrder, Hold, HoldPoint, LinkState};
use crate::record::Record;
use crate::testing::{Bench, pf_config, to};
use prm::hca::QueryAdapter;
use prm::init_segment as segment;
use prm::{Command, Function};

const DOWN: FirmwareOrder = FirmwareOrder::Link(LinkState::Down);
const UP: FirmwareOrder = FirmwareOrder::Link(LinkState::Up);

fn loaded(on_link_down: OnLinkDown) -> Bench {
    let mut config = pf_config();
    config.firmware.on_link_down = on_link_down;
    let mut bench = Bench::loaded(config);
    bench.give(16, false, 64).ok();
    bench
}

#[test]
fn registers_read_all_ones_and_writes_are_lost_while_it_is_down() {
    let mut bench = Bench::new(pf_config());
    let word = bench.read(segment::QUEUE_ADDRESS_LOW);
    bench.order(&DOWN);
    for register in [segment::FIRMWARE_REVISION, segment::HEALTH_COUNTER, 0x8_0000] {
        assert_eq!(bench.read(register), u32::MAX, "{register:#x}");
    }
    bench.write(segment::QUEUE_ADDRESS_LOW, 0x1000);
    bench.write(segment::COMMAND_DOORBELL, 1);
    bench.order(&UP);
    assert_eq!(bench.read(segment::QUEUE_ADDRESS_LOW), word);
    let records = &bench.records;
    let rung = records
        .iter()
        .any(|record| matches!(record, Record::Doorbell { .. }));
    assert!(!rung, "{records:?}");
}

#[test]
fn firmware_forgets_all_of_it_or_keeps_pages_and_queues_as_the_knob_says() {
    for (knob, pages) in [(OnLinkDown::Reset, [0, 0]), (OnLinkDown::Keep, [240, 64])] {
        let mut bench = loaded(knob);
        bench.order(&DOWN);
        bench.order(&UP);
        let held = [Function::Pf, Function::Vf(1)].map(|function| bench.held(function));
        assert_eq!(held, pages, "{knob:?}");
        let hears = bench.silicon.takes_page_requests(Function::Pf);
        assert_eq!(hears, knob == OnLinkDown::Keep);
    }
}

#[test]
fn a_command_that_is_under_way_never_completes() {
    for knob in [OnLinkDown::Reset, OnLinkDown::Keep] {
        let mut bench = loaded(knob);
        bench.gate(&GateOrder::Hold(Hold {
            name: "held".into(),
            command: to("QUERY_ADAPTER"),
            at: HoldPoint::BeforeCompletion,
            posts: vec![],
        }));
        bench.ring(0, QueryAdapter::input().as_bytes(), 272);
        bench.settle();
        bench.records.clear();
        bench.order(&DOWN);
        bench.order(&UP);
        bench.settle();
        let records = std::mem::take(&mut bench.records);
        let count = |is: fn(&Record) -> bool| records.iter().filter(|record| is(record)).count();
        assert_eq!(
            count(|record| matches!(record, Record::CommandUnfinished { .. })),
            1
        );
        assert_eq!(count(|record| matches!(record, Record::Command(_))), 0);
        assert!(bench.silicon.outstanding_commands().is_empty());
    }
}

#[test]
fn an_event_is_lost_while_it_is_down() {
    let mut bench = loaded(OnLinkDown::Keep);
    bench.order(&DOWN);
    bench.records.clear();
    bench.request(Function::Vf(1), 8);
    let records = &bench.records;
    let lost = |record: &Record| matches!(record, Record::EventLost { why, .. } if why == "the link is down");
    assert!(records.iter().any(lost), "{records:?}");
    let raised = records
        .iter()
        .any(|record| matches!(record, Record::Interrupt { .. }));
    assert!(!raised);
}

#[test]
fn what_is_so_already_is_no_change() {
    let mut bench = loaded(OnLinkDown::Reset);
    bench.order(&UP);
    assert_eq!(bench.held(Function::Pf), 240);
    bench.order(&DOWN);
    bench.records.clear();
    bench.order(&DOWN);
    assert_eq!(bench.records, []);
}
