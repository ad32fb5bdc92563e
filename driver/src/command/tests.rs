//! The command interface against a device that does only what a test makes it do.

use super::*;
use crate::errno::Errno;
use crate::revision::RevisionName;
use crate::runtime::{Object, RunStop, Surprise, TaskRole};
use crate::state::command::{Gate, Ticket};
use crate::state::interface::DeviceState;
use crate::test_bench::{Bench, Outcome};
use prm::init_segment::COMMAND_DOORBELL;
use prm::{Cycles, DeliveryStatus};

const PAGE_SLOT: u8 = 31;

fn kind<T: std::fmt::Debug>(result: Option<Result<T, CommandError>>) -> Option<CommandErrorKind> {
    result.map(|result| result.unwrap_err().kind)
}

#[test]
fn a_polled_command_ends_when_the_owner_bit_clears() {
    let bench = Bench::new(RevisionName::Merged);
    let result = bench.execute(Opcode::QueryAdapter, 16);
    assert_eq!(bench.register(COMMAND_DOORBELL), 1);
    let entry = bench.entry(0);
    assert!(entry.is_signed() && entry.owner());
    assert_eq!(
        (entry.input_length(), entry.output_length(), entry.token()),
        (16, 16, 1)
    );
    assert_eq!(bench.result(&result), None);
    let output = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    bench.complete(0, output, 0);
    assert_eq!(bench.result(&result), Some(Ok(output.to_vec())));
}

#[test]
fn polled_commands_go_one_by_one_but_pages_go_beside_them() {
    let bench = Bench::new(RevisionName::Merged);
    let first = bench.execute(Opcode::QueryAdapter, 16);
    let second = bench.execute(Opcode::QueryIssi, 112);
    let page = bench.execute(Opcode::ManagePages, 16);
    assert!(bench.entry(PAGE_SLOT).owner());
    assert_eq!(
        bench.entry(0).inline_input()[..2],
        Opcode::QueryAdapter.raw().to_be_bytes()
    );
    bench.complete(0, [0; 16], 0);
    assert_eq!(bench.result(&first), Some(Ok(vec![0; 16])));
    assert_eq!(
        bench.entry(0).inline_input()[..2],
        Opcode::QueryIssi.raw().to_be_bytes()
    );
    bench.complete(0, [0; 16], 0);
    bench.complete(PAGE_SLOT, [0; 16], 0);
    assert_eq!(bench.result(&second), Some(Ok(vec![0; 112])));
    assert_eq!(bench.result(&page), Some(Ok(vec![0; 16])));
}

#[test]
fn a_polled_command_is_given_up_one_second_after_its_limit() {
    let bench = Bench::new(RevisionName::Merged);
    let result = bench.execute(Opcode::QueryAdapter, 16);
    bench.pass(Cycles::from_millis(60_999));
    assert_eq!(bench.result(&result), None);
    bench.pass(Cycles::from_millis(1));
    assert_eq!(
        kind(bench.result(&result)),
        Some(CommandErrorKind::TimedOut(Ticket(0)))
    );
    assert_eq!(bench.lost(), 1);
}

#[test]
fn a_refusal_and_a_failed_delivery_are_told_apart() {
    let bench = Bench::new(RevisionName::Merged).events();
    let refused = bench.execute(Opcode::InitHca, 16);
    bench.complete(0, [5, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0], 0);
    bench.event(1);
    let status = CommandErrorKind::Status {
        status: CommandStatus::BadResource,
        syndrome: Syndrome(9),
    };
    assert_eq!(kind(bench.result(&refused)), Some(status));
    let lost = bench.execute(Opcode::InitHca, 16);
    bench.complete(0, [0; 16], 4);
    bench.event(1);
    let error = bench.result(&lost).unwrap().unwrap_err();
    assert_eq!(
        error.kind,
        CommandErrorKind::Delivery(DeliveryStatus::BadOutputPointer)
    );
    assert_eq!(error.errno(), Errno::EFAULT);
}

#[test]
fn a_command_without_completion_costs_65_seconds_and_its_slot_until_it_completes() {
    let bench = Bench::new(RevisionName::Merged).events();
    let result = bench.execute(Opcode::QueryHcaCap, 4112);
    bench.pass(Cycles::from_millis(64_999));
    assert_eq!(bench.result(&result), None);
    bench.pass(Cycles::from_millis(1));
    assert_eq!(
        kind(bench.result(&result)),
        Some(CommandErrorKind::TimedOut(Ticket(1)))
    );
    let next = bench.execute(Opcode::QueryAdapter, 16);
    assert!(bench.entry(1).owner(), "slot 0 stays taken");
    bench.complete(0, [0; 16], 0);
    bench.event(1);
    assert_eq!(bench.lost(), 0);
    assert_eq!(
        bench.printed(),
        [
            MessageKind::CommandTimedOut {
                opcode: Opcode::QueryHcaCap,
                slot: 0
            },
            MessageKind::LateCompletion { slot: 0 }
        ]
    );
    bench.complete(1, [0; 16], 0);
    bench.event(2);
    assert!(bench.result(&next).is_some());
}

#[test]
fn a_completion_within_the_grace_time_counts() {
    let bench = Bench::new(RevisionName::Merged).events();
    let result = bench.execute(Opcode::QueryAdapter, 16);
    bench.pass(Cycles::from_secs(62));
    bench.complete(0, [0; 16], 0);
    bench.event(1);
    assert_eq!(bench.result(&result), Some(Ok(vec![0; 16])));
    assert_eq!(
        bench.printed(),
        [MessageKind::CommandRecovered {
            opcode: Opcode::QueryAdapter,
            slot: 0
        }]
    );
}

#[test]
fn the_page_slot_is_waited_for_without_limit_or_with_one() {
    let page = |bench: &Bench| bench.execute(Opcode::ManagePages, 16);
    let bench = Bench::new(RevisionName::Merged).events();
    let (first, second) = (page(&bench), page(&bench));
    bench.pass(Cycles::from_secs(1000));
    assert_eq!(
        kind(bench.result(&first)),
        Some(CommandErrorKind::TimedOut(Ticket(1)))
    );
    assert_eq!(bench.result(&second), None);
    bench.complete(PAGE_SLOT, [0; 16], 0);
    bench.event(1 << PAGE_SLOT);
    bench.complete(PAGE_SLOT, [0; 16], 0);
    bench.event(1 << PAGE_SLOT);
    assert_eq!(bench.result(&second), Some(Ok(vec![0; 16])));

    let bench = Bench::new(RevisionName::Robust).events();
    let (_first, second) = (page(&bench), page(&bench));
    bench.pass(Cycles::from_secs(1000));
    assert_eq!(kind(bench.result(&second)), Some(CommandErrorKind::NoSlot));
    assert!(bench.printed().contains(&MessageKind::DeviceDeclaredFaulty));
}

#[test]
fn when_every_slot_is_lost_commands_fail_at_once() {
    let bench = Bench::new(RevisionName::Merged).events();
    for _ in 0..31 {
        bench.execute(Opcode::QueryAdapter, 16);
    }
    bench.pass(Cycles::from_secs(65));
    assert_eq!(bench.lost(), 31);
    let result = bench.execute(Opcode::QueryAdapter, 16);
    assert_eq!(kind(bench.result(&result)), Some(CommandErrorKind::SlotsStalled));
}

#[test]
fn a_change_of_mode_waits_for_every_command_and_keeps_others_out() {
    let bench = Bench::new(RevisionName::Merged).events();
    let held = bench.execute(Opcode::ManagePages, 16);
    let change = bench.start(|driver| async move { set_gate(&driver, Gate::Only(Opcode::DestroyEq)).await });
    let other = bench.execute(Opcode::QueryAdapter, 16);
    let page = bench.execute(Opcode::ManagePages, 16);
    assert_eq!(bench.result(&change), None);
    bench.complete(PAGE_SLOT, [0; 16], 0);
    bench.event(1 << PAGE_SLOT);
    assert!(bench.result(&held).is_some());
    assert_eq!(bench.result(&change), Some(()));
    assert_eq!(
        kind(bench.result(&other)),
        Some(CommandErrorKind::GateClosed),
        "it had passed the first test"
    );
    assert_eq!(
        kind(bench.result(&page)),
        Some(CommandErrorKind::GateClosed),
        "the change was first in line for the page slot"
    );
    let late = bench.execute(Opcode::ManagePages, 16);
    assert_eq!(kind(bench.result(&late)), Some(CommandErrorKind::GateClosed));
}

#[test]
fn a_command_that_is_turned_away_lets_the_next_change_of_mode_go_on() {
    let bench = Bench::new(RevisionName::Merged).events();
    let held = bench.execute(Opcode::ManagePages, 16);
    let change = bench.start(|driver| async move {
        set_gate(&driver, Gate::Only(Opcode::DestroyEq)).await;
        set_mode(&driver, Mode::Polling).await;
    });
    let page = bench.execute(Opcode::ManagePages, 16);
    bench.complete(PAGE_SLOT, [0; 16], 0);
    bench.event(1 << PAGE_SLOT);
    assert!(bench.result(&held).is_some());
    assert_eq!(kind(bench.result(&page)), Some(CommandErrorKind::GateClosed));
    assert_eq!(bench.result(&change), Some(()));
}

#[test]
fn a_flush_ends_what_waits_but_not_what_was_given_up() {
    for (revision, ends) in [(RevisionName::Merged, false), (RevisionName::Robust, true)] {
        let bench = Bench::new(revision).events();
        let given_up = bench.execute(Opcode::QueryAdapter, 16);
        bench.pass(Cycles::from_secs(65));
        assert!(bench.result(&given_up).is_some());
        let waiting = bench.execute(Opcode::ManagePages, 16);
        bench.set_device(DeviceState::InternalError);
        let done = bench.start(|driver| async move { flush(&driver).await });
        assert_eq!(kind(bench.result(&waiting)), Some(CommandErrorKind::DeviceGone));
        assert_eq!(bench.result(&done).is_some(), ends);
    }
}

#[test]
fn what_is_down_answers_by_itself() {
    let bench = Bench::new(RevisionName::Merged);
    let down = bench.start(|driver| async move { set_down(&driver).await });
    assert_eq!(bench.result(&down), Some(()));
    let ask = |opcode: Opcode| {
        let mut input = [0; 16];
        input[..2].copy_from_slice(&opcode.raw().to_be_bytes());
        let result = bench.start(move |driver| async move { execute(&driver, &input, 12).await });
        bench.result(&result).unwrap()
    };
    assert_eq!(ask(Opcode::DisableHca), Ok(vec![0; 12]));
    assert_eq!(ask(Opcode::EnableHca).unwrap_err().errno(), Errno::ENOLINK);
    assert_eq!(ask(Opcode::CreateEswVport).unwrap_err().errno(), Errno::EINVAL);
}

#[test]
fn no_memory_for_mailboxes_sends_nothing() {
    let bench = Bench::new(RevisionName::Merged).events();
    bench.bus.0.borrow_mut().failing.push("mailbox");
    let result = bench.execute(Opcode::QueryHcaCap, 4112);
    assert_eq!(kind(bench.result(&result)), Some(CommandErrorKind::NoMemory));
    assert_eq!(bench.register(COMMAND_DOORBELL), 0);
}

/// A task that waits for the gate to let MANAGE_PAGES through.
fn behind_the_gate(revision: RevisionName) -> (Bench, Outcome<()>) {
    let bench = Bench::new(revision).events();
    bench.start(|driver| async move { set_gate(&driver, Gate::Only(Opcode::DestroyEq)).await });
    let waits = bench.start(|driver| async move { until_open(&driver, Opcode::ManagePages).await });
    assert_eq!(bench.result(&waits), None);
    (bench, waits)
}

#[test]
fn who_waits_behind_the_gate_goes_on_when_it_opens_and_when_there_is_nothing_behind_it() {
    let (bench, waits) = behind_the_gate(RevisionName::Robust);
    bench.start(|driver| async move { set_gate(&driver, Gate::Only(Opcode::CreateEq)).await });
    assert_eq!(bench.result(&waits), None, "another one is let through");
    bench.start(|driver| async move { set_gate(&driver, Gate::Open).await });
    assert_eq!(bench.result(&waits), Some(()));

    let (bench, waits) = behind_the_gate(RevisionName::Robust);
    bench.start(|driver| async move { set_down(&driver).await });
    assert_eq!(bench.result(&waits), Some(()));

    let (bench, waits) = behind_the_gate(RevisionName::Robust);
    bench.start(|driver| async move { driver.declare_faulty().await });
    assert_eq!(bench.result(&waits), Some(()));
}

#[test]
fn a_gate_that_opens_without_a_word_stops_the_run() {
    let (bench, _waits) = behind_the_gate(RevisionName::Robust);
    bench.driver.spawn(TaskRole::Test, |driver| async move {
        driver
            .step(driver.writes(Object::CommandMode), |state, _| {
                *state.command.gate = Gate::Open
            })
            .await;
        // Whether it tells later does not matter: others have run by then.
        driver.runtime().point([]).await;
        driver.notify(Object::CommandMode);
    });
    let runtime = bench.driver.runtime();
    assert_eq!(runtime.run_one(), Ok(true), "it announces its step");
    let expected = Surprise::Unnotified {
        task: "pf test (2)".to_owned(),
        written: "writes CommandMode of driver 0".to_owned(),
        waiter: "pf test".to_owned(),
        told: "CommandMode of driver 0".to_owned(),
    };
    assert_eq!(runtime.run_one(), Err(RunStop::Surprise(expected)));
}

#[test]
fn a_write_that_lets_nobody_go_on_has_to_be_told_to_nobody() {
    let (bench, waits) = behind_the_gate(RevisionName::Robust);
    bench.start(|driver| async move {
        let mode = driver.writes(Object::CommandMode);
        let still_closed =
            |state: &mut State, _: &mut Bus| *state.command.gate = Gate::Only(Opcode::CreateEq);
        driver.step(mode, still_closed).await;
        driver
            .step(mode, |state, _| *state.command.gate = Gate::Open)
            .await;
        driver.notify(Object::CommandMode);
    });
    assert_eq!(bench.result(&waits), Some(()));
}

#[test]
fn a_silent_step_of_nobodys_stops_the_run_too() {
    let (bench, _waits) = behind_the_gate(RevisionName::Merged);
    bench.set_device(DeviceState::InternalError);
    let stopped = bench.driver.runtime().run_one();
    assert!(matches!(
        stopped,
        Err(RunStop::Surprise(Surprise::Unnotified { .. }))
    ));
}
