//! Holds and rules.

use crate::device::account::WaitsFor;
use crate::order::{Answer, AnswerRule, CommandMatch, FirmwareOrder, GateOrder, Hold, HoldPoint, OrderError};
use crate::record::Record;
use crate::state::agenda::DueKind;
use crate::testing::{Bench, PAGE_SLOT, pf_config, request, to};
use prm::capability::QueryHcaCap;
use prm::hca::EnableHca;
use prm::pages::ManagePages;
use prm::{Command, CommandStatus, Cycles, Function};

const EVENTS: u8 = 1;

fn hold(name: &str, command: CommandMatch, at: HoldPoint) -> GateOrder {
    GateOrder::Hold(Hold {
        name: name.into(),
        command,
        at,
        posts: Vec::new(),
    })
}

fn release(name: &str) -> GateOrder {
    GateOrder::Release { name: name.into() }
}

fn answer(to: CommandMatch, with: Answer) -> FirmwareOrder {
    FirmwareOrder::Answer(AnswerRule { to, with, times: 1 })
}

fn other_caps(id: u16) -> Vec<u8> {
    QueryHcaCap::input()
        .with_other_function(true)
        .with_function_id(id)
        .as_bytes()
        .to_vec()
}

#[test]
fn a_hold_catches_the_command_it_describes_and_posts_requests() {
    let mut bench = Bench::loaded(pf_config());
    let command = CommandMatch {
        other: Some(true),
        function: Some(Function::Vf(2)),
        ..to("QUERY_HCA_CAP")
    };
    bench.gate(&GateOrder::Hold(Hold {
        name: "caps".into(),
        command,
        at: HoldPoint::BeforeExecution,
        posts: vec![request(Function::Vf(1), -128), request(Function::Pf, 64)],
    }));
    bench.run_bytes(&other_caps(1), 4112).ok();
    assert!(bench.silicon.holds()[0].caught.is_none());
    let held = bench.ring(0, &other_caps(2), 4112);
    bench.settle();
    assert!(bench.poll(held).is_none());
    assert_eq!(bench.silicon.holds()[0].caught.expect("caught").slot, 0);
    assert_eq!(
        bench.silicon.outstanding_commands()[0].waits_for,
        WaitsFor::Hold("caps".into())
    );
    let open: Vec<i64> = bench
        .silicon
        .unanswered_requests()
        .iter()
        .map(|request| request.pages)
        .collect();
    assert_eq!(open, [-128, 64]);
    bench.gate(&release("caps"));
    bench.settle();
    bench.poll(held).expect("let go").ok();
    assert!(bench.silicon.holds().is_empty());
}

#[test]
fn an_executed_command_is_held_before_its_completion() {
    let mut bench = Bench::loaded(pf_config());
    let give = CommandMatch {
        op_mod: Some(1),
        id: Some(16),
        ..to("MANAGE_PAGES")
    };
    bench.gate(&hold("give", give, HoldPoint::BeforeCompletion));
    let pages = bench.pages(8);
    let handle = bench.ring(PAGE_SLOT, &Bench::give_input(16, false, &pages), 16);
    bench.settle();
    assert_eq!(bench.held(Function::Vf(1)), 8);
    assert!(bench.poll(handle).is_none());
    let in_flight = bench.silicon.pages_in_flight();
    assert_eq!(
        (in_flight[0].owner, in_flight[0].executed),
        (Function::Vf(1).into(), true)
    );
    bench.gate(&release("give"));
    bench.settle();
    bench.poll(handle).expect("let go").ok();
}

#[test]
fn the_completion_event_can_be_held_alone() {
    let mut bench = Bench::loaded(pf_config());
    bench.gate(&hold("event", to("QUERY_HCA_CAP"), HoldPoint::BeforeEvent));
    bench.events(EVENTS);
    bench.run_bytes(&other_caps(1), 4112).ok();
    assert!(bench.events(EVENTS).is_empty());
    assert_eq!(bench.silicon.outstanding_commands().len(), 1);
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(1))
        .ok();
    bench.gate(&release("event"));
    assert_eq!(bench.events(EVENTS).len(), 2);
    assert!(bench.silicon.outstanding_commands().is_empty());
}

#[test]
fn holds_are_told_apart_by_name_and_skip() {
    let mut bench = Bench::loaded(pf_config());
    let second = CommandMatch {
        skip: 1,
        ..to("ENABLE_HCA")
    };
    bench.gate(&hold("second", second, HoldPoint::BeforeExecution));
    let again = hold("second", to("NOP"), HoldPoint::BeforeExecution);
    let refused = bench.silicon.gate(&again, bench.now, &mut bench.hosts);
    assert_eq!(refused, Err(OrderError::HoldExists("second".into())));
    let enable = |function| EnableHca::input().with_function_id(function);
    bench.run::<EnableHca>(&enable(1)).ok();
    let held = bench.ring(0, enable(2).as_bytes(), 12);
    bench.settle();
    assert!(bench.poll(held).is_none());
    let unknown = bench.silicon.gate(&release("third"), bench.now, &mut bench.hosts);
    assert_eq!(unknown, Err(OrderError::UnknownHold("third".into())));
    let nonsense = hold("x", to("ENABLE_HCAX"), HoldPoint::BeforeExecution);
    assert!(
        bench
            .silicon
            .gate(&nonsense, bench.now, &mut bench.hosts)
            .is_err()
    );
}

#[test]
fn several_commands_are_held_at_once_and_released_in_any_order() {
    let mut bench = Bench::loaded(pf_config());
    for (name, function) in [("a", 1), ("b", 2)] {
        let command = CommandMatch {
            id: Some(function),
            ..to("ENABLE_HCA")
        };
        bench.gate(&hold(name, command, HoldPoint::BeforeExecution));
    }
    let one = bench.ring(0, EnableHca::input().with_function_id(1).as_bytes(), 12);
    let two = bench.ring(1, EnableHca::input().with_function_id(2).as_bytes(), 12);
    bench.gate(&release("b"));
    bench.settle();
    bench.poll(two).expect("let go").ok();
    assert!(bench.poll(one).is_none());
    bench.gate(&release("a"));
    bench.settle();
    bench.poll(one).expect("let go").ok();
}

#[test]
fn a_command_that_needs_pages_waits_for_those_that_give() {
    let mut bench = Bench::loaded(pf_config());
    bench.give(16, false, 300).ok();
    let requests = vec![request(Function::Vf(1), -128), request(Function::Pf, 64)];
    bench.order(&answer(to("ENABLE_HCA"), Answer::Needs { requests }));
    let handle = bench.ring(0, EnableHca::input().with_function_id(2).as_bytes(), 12);
    bench.settle();
    bench.take(16, false, 128).ok();
    assert!(bench.poll(handle).is_none());
    let waits_for = WaitsFor::Pages(vec![Function::Pf.into()]);
    assert_eq!(bench.silicon.outstanding_commands()[0].waits_for, waits_for);
    let told = bench.silicon.device_waits();
    assert_eq!(
        (told.commands.len(), &*told.commands[0].needs),
        (1, &["pf".to_owned()][..])
    );
    assert_eq!(
        (told.requests[0].supplier, told.requests[0].pages),
        (Function::Pf, 64)
    );
    bench.give(5, false, 60).ok();
    assert!(bench.poll(handle).is_none());
    bench.give(5, false, 4).ok();
    bench.settle();
    bench.poll(handle).expect("its needs are met").ok();
}

#[test]
fn a_command_whose_pages_are_denied_fails() {
    let mut bench = Bench::loaded(pf_config());
    let requests = vec![request(Function::Pf, 64)];
    bench.order(&answer(to("ENABLE_HCA"), Answer::Needs { requests }));
    let handle = bench.ring(0, EnableHca::input().with_function_id(2).as_bytes(), 12);
    bench.settle();
    bench
        .run::<ManagePages>(&ManagePages::input().with_function_id(5))
        .ok();
    bench.settle();
    assert_eq!(
        bench.poll(handle).expect("it failed").status(),
        CommandStatus::NoResources
    );
}

#[test]
fn late_commands_happen_only_if_time_passes() {
    for (with, executed_at_once) in [
        (Answer::Late { after_ms: 7600 }, false),
        (Answer::CompletedLate { after_ms: 7600 }, true),
    ] {
        let mut bench = Bench::loaded(pf_config());
        bench.order(&answer(
            CommandMatch {
                op_mod: Some(1),
                ..to("MANAGE_PAGES")
            },
            with,
        ));
        let pages = bench.pages(4);
        let handle = bench.ring(PAGE_SLOT, &Bench::give_input(16, false, &pages), 16);
        assert_eq!(bench.held(Function::Vf(1)), if executed_at_once { 4 } else { 0 });
        bench.settle();
        assert!(bench.poll(handle).is_none());
        assert_eq!(
            bench.silicon.next_due().expect("it is scheduled").kind,
            DueKind::Scheduled
        );
        bench.wait(Cycles::from_millis(7600));
        bench.poll(handle).expect("time has passed").ok();
        assert_eq!(bench.held(Function::Vf(1)), 4);
    }
}

#[test]
fn a_completion_after_the_announced_limit_is_recorded() {
    let mut config = pf_config();
    config.timeouts.command_ms = 2000;
    let mut bench = Bench::loaded(config);
    bench.order(&answer(to("QUERY_HCA_CAP"), Answer::Late { after_ms: 7600 }));
    let handle = bench.ring(0, &other_caps(1), 4112);
    bench.wait(Cycles::from_millis(8000));
    bench.poll(handle).expect("completed").ok();
    assert!(
        bench
            .records
            .iter()
            .any(|record| matches!(record, Record::LateCompletion { .. }))
    );
}

#[test]
fn a_lost_command_keeps_its_slot_until_the_device_is_reset() {
    let mut bench = Bench::loaded(pf_config());
    bench.order(&answer(to("ENABLE_HCA"), Answer::Never {}));
    let lost = bench.ring(0, EnableHca::input().with_function_id(1).as_bytes(), 12);
    bench.settle();
    assert!(bench.poll(lost).is_none());
    assert_eq!(bench.silicon.outstanding_commands()[0].waits_for, WaitsFor::Never);
    assert!(
        bench
            .records
            .iter()
            .any(|record| matches!(record, Record::CommandUnfinished { .. }))
    );
    bench.silicon.reset_endpoint(Function::Pf, bench.now);
    assert!(bench.silicon.outstanding_commands().is_empty());
}

#[test]
fn a_completion_event_can_be_lost() {
    let mut bench = Bench::loaded(pf_config());
    bench.events(EVENTS);
    bench.order(&answer(to("ENABLE_HCA"), Answer::LostEvent {}));
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(1))
        .ok();
    assert!(bench.events(EVENTS).is_empty());
}

#[test]
fn an_interrupt_can_be_lost_and_its_event_is_there() {
    let mut bench = Bench::loaded(pf_config());
    bench.events(EVENTS);
    bench.arm(EVENTS, true);
    bench.order(&answer(to("ENABLE_HCA"), Answer::LostInterrupt {}));
    let before = bench.host().interrupts.len();
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(1))
        .ok();
    assert_eq!(bench.host().interrupts.len(), before);
    assert_eq!(bench.events(EVENTS).len(), 1);
    bench.arm(EVENTS, true);
    bench
        .run::<EnableHca>(&EnableHca::input().with_function_id(2))
        .ok();
    assert_eq!(bench.host().interrupts.len(), before + 1, "the next one comes");
}

#[test]
fn an_accepted_command_is_answered_and_not_executed() {
    let mut bench = Bench::loaded(pf_config());
    bench.order(&answer(to("MANAGE_PAGES"), Answer::Accept {}));
    let input = Bench::give_input(5, false, &[]);
    let short = bench.run_bytes(&input[..8], 16);
    assert_eq!(short.status(), CommandStatus::Ok, "too short to be executed");
    let short = bench.run_bytes(&input[..8], 16);
    assert_eq!(short.status(), CommandStatus::BadInputLength);
}

#[test]
fn the_first_rule_that_matches_wins_as_often_as_it_says() {
    let mut bench = Bench::loaded(pf_config());
    let refuse = |times, status| {
        let with = Answer::Refuse {
            status,
            syndrome: 0x1234,
        };
        FirmwareOrder::Answer(AnswerRule {
            to: to("ENABLE_HCA"),
            with,
            times,
        })
    };
    bench.order(&refuse(2, 4));
    bench.order(&refuse(0, 6));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(
            bench
                .run::<EnableHca>(&EnableHca::input().with_function_id(1))
                .status(),
        );
    }
    use CommandStatus::{BadSystemState, ResourceBusy};
    assert_eq!(
        statuses,
        [BadSystemState, BadSystemState, ResourceBusy, ResourceBusy]
    );
}

#[test]
fn held_commands_of_serial_firmware_keep_the_others_waiting() {
    let mut config = pf_config();
    config.firmware.command_execution = crate::config::CommandExecution::Serial;
    let mut bench = Bench::loaded(config);
    bench.gate(&hold("first", to("QUERY_HCA_CAP"), HoldPoint::BeforeExecution));
    let first = bench.ring(0, &other_caps(1), 4112);
    let second = bench.ring(1, EnableHca::input().with_function_id(1).as_bytes(), 12);
    bench.settle();
    bench.give(5, false, 1).ok();
    assert!(bench.poll(second).is_none());
    assert_eq!(bench.silicon.outstanding_commands()[1].waits_for, WaitsFor::Turn);
    bench.gate(&release("first"));
    bench.settle();
    bench.poll(first).expect("let go").ok();
    bench.poll(second).expect("its turn came").ok();
}

#[test]
fn a_checkpoint_goes_on_as_the_original() {
    let mut bench = Bench::loaded(pf_config());
    bench.gate(&hold("caps", to("QUERY_HCA_CAP"), HoldPoint::BeforeExecution));
    let handle = bench.ring(0, &other_caps(1), 4112);
    let run = |mut bench: Bench| {
        bench.gate(&release("caps"));
        bench.settle();
        bench.poll(handle).expect("let go").ok();
        bench.give(16, false, 7).ok();
        bench.take(16, false, 3).ok();
        format!("{:?}", bench.records)
    };
    assert_eq!(run(bench.clone()), run(bench));
}
