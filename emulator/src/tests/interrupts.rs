//! Interrupts that are lost, late, or come for several events; and those that come for none.

use crate::order::{FirmwareOrder, InterruptFate, InterruptRule, OrderError, QueueKind, SpuriousInterrupt};
use crate::record::Record;
use crate::testing::{Bench, pf_config};
use prm::hca::EnableHca;
use prm::{Command, Cycles, Function};

const COMMANDS: u8 = 1;
const ASYNC: u8 = 2;
const PAGES: u8 = 3;

fn interrupts(bench: &mut Bench) -> usize {
    std::mem::take(&mut bench.host().interrupts).len()
}

/// A loaded device whose queues are read, armed, and silent.
fn bench() -> Bench {
    let mut bench = Bench::loaded(pf_config());
    for queue in [COMMANDS, ASYNC, PAGES] {
        bench.events(queue);
        bench.arm(queue, true);
    }
    interrupts(&mut bench);
    bench
}

fn rule(queue: QueueKind, next: InterruptFate, times: u32) -> FirmwareOrder {
    FirmwareOrder::Interrupts(InterruptRule { queue, next, times })
}

#[test]
fn a_lost_interrupt_leaves_its_event_and_is_recorded() {
    let mut bench = bench();
    bench.order(&rule(QueueKind::Pages, InterruptFate::Lose {}, 1));
    bench.request(Function::Pf, 1);
    bench.request(Function::Pf, 2);
    assert_eq!(interrupts(&mut bench), 0, "the queue is as if it had interrupted");
    let lost = bench
        .records
        .iter()
        .filter(|record| matches!(record, Record::InterruptLost { .. }));
    assert_eq!(lost.count(), 1);
    assert!(!bench.silicon.events_are_consumed());
    assert!(bench.silicon.told_events_are_consumed());
    assert_eq!(bench.events(PAGES).len(), 2);
    bench.arm(PAGES, true);
    bench.request(Function::Pf, 3);
    assert_eq!(interrupts(&mut bench), 1, "the next one comes");
    assert!(!bench.silicon.told_events_are_consumed());
}

#[test]
fn a_late_interrupt_comes_when_it_is_due_whether_or_not_the_event_was_read() {
    let mut bench = bench();
    let late = InterruptFate::Late { after_ms: 500 };
    bench.order(&rule(QueueKind::Pages, late, 1));
    bench.request(Function::Pf, 1);
    bench.wait(Cycles::from_millis(499));
    assert_eq!(interrupts(&mut bench), 0);
    assert!(bench.silicon.told_events_are_consumed());
    bench.wait(Cycles::from_millis(1));
    assert_eq!(interrupts(&mut bench), 1);
    assert!(!bench.silicon.told_events_are_consumed());
    bench.events(PAGES);
    bench.arm(PAGES, true);
    bench.order(&rule(QueueKind::Pages, late, 1));
    bench.request(Function::Pf, 1);
    bench.events(PAGES);
    bench.arm(PAGES, true);
    bench.wait(Cycles::from_millis(500));
    assert_eq!(
        interrupts(&mut bench),
        1,
        "it tells of nothing, and comes all the same"
    );
}

#[test]
fn an_interrupt_for_several_events_comes_with_the_last() {
    let mut bench = bench();
    let merge = InterruptFate::Merge { events: 3 };
    bench.order(&rule(QueueKind::Pages, merge, 2));
    for round in 0..2 {
        bench.request(Function::Pf, 1);
        bench.request(Function::Pf, 1);
        assert_eq!(interrupts(&mut bench), 0, "round {round}");
        assert!(bench.silicon.told_events_are_consumed());
        bench.request(Function::Pf, 1);
        assert_eq!(interrupts(&mut bench), 1, "round {round}");
        assert_eq!(bench.events(PAGES).len(), 3);
        bench.arm(PAGES, true);
    }
    bench.request(Function::Pf, 1);
    assert_eq!(interrupts(&mut bench), 1, "the rule is used up");
}

#[test]
fn rules_apply_one_after_the_other_and_go_with_the_queue() {
    let mut bench = bench();
    bench.order(&rule(QueueKind::Async, InterruptFate::Lose {}, 1));
    bench.order(&rule(QueueKind::Async, InterruptFate::Merge { events: 2 }, 0));
    let change = FirmwareOrder::VportChange { vport: 1 };
    bench.order(&change);
    assert_eq!(interrupts(&mut bench), 0);
    bench.events(ASYNC);
    bench.arm(ASYNC, true);
    bench.order(&change);
    assert_eq!(interrupts(&mut bench), 0);
    bench.order(&change);
    assert_eq!(interrupts(&mut bench), 1);
    let now = bench.now;
    bench.silicon.reset_function(Function::Pf, now, &mut bench.hosts);
    let gone = rule(QueueKind::Async, InterruptFate::Lose {}, 1);
    let refused = bench.silicon.order(&gone, now, &mut bench.hosts);
    assert_eq!(refused, Err(OrderError::NoEventQueue));
}

#[test]
fn the_interrupt_of_a_completion_can_be_lost() {
    let mut bench = bench();
    bench.order(&rule(QueueKind::Commands, InterruptFate::Lose {}, 1));
    let enable = EnableHca::input().with_function_id(1);
    bench.run::<EnableHca>(&enable).ok();
    assert_eq!(interrupts(&mut bench), 0);
    assert_eq!(bench.events(COMMANDS).len(), 1);
}

#[test]
fn an_interrupt_without_an_event_changes_nothing() {
    let mut bench = bench();
    for queue in [QueueKind::Commands, QueueKind::Async, QueueKind::Pages] {
        bench.order(&FirmwareOrder::SpuriousInterrupt(SpuriousInterrupt { queue }));
    }
    assert_eq!(interrupts(&mut bench), 3);
    bench.request(Function::Pf, 1);
    assert_eq!(interrupts(&mut bench), 1, "the queue is armed as before");
    let mut empty = Bench::new(pf_config());
    let queue = QueueKind::Pages;
    let order = FirmwareOrder::SpuriousInterrupt(SpuriousInterrupt { queue });
    let refused = empty.silicon.order(&order, empty.now, &mut empty.hosts);
    assert_eq!(refused, Err(OrderError::NoEventQueue));
}
