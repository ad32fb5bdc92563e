//! A driver and a device in one process: steps end where they should, runs repeat, and a world at rest can be kept.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod small_world;

use driver::{Errno, HostOperation, RevisionName};
use driver_host::{Budget, Ending, Halt, HostView, Limits};
use embedding::InprocWorld;
use harness::play::{RunOptions, run_scenario};
use harness::record::{Outcome, RunResult};
use harness::scenario::{InvariantName, ScenarioFile};
use prm::{Cycles, Function};
use serde_json::{Value, json};
use small_world::{order, request_pages, world};

fn operate(world: &mut InprocWorld, operation: HostOperation) {
    let task = world.start(0, operation);
    let ending = world.run_until(|world| world.ended_at(task).is_some()).unwrap();
    assert_eq!(ending, Ending::Reached, "{operation:?}");
    assert_eq!(world.outcome(0, task), Some(Ok(())), "{operation:?}");
    world.settle().unwrap();
}

fn request(world: &mut InprocWorld, pages: i32) {
    order(world, &request_pages(pages)).unwrap();
    world.settle().unwrap();
}

fn total(world: &InprocWorld) -> u32 {
    world.driver().books().counters.fw_pages_total
}

#[test]
fn a_load_and_an_unload_leave_nothing() {
    for revision in [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust] {
        let mut world = world(revision, Limits::default());
        operate(&mut world, HostOperation::Load);
        assert_eq!(total(&world), 240, "{revision}");
        assert_eq!(
            world.machine().silicon.ledger().total(world.endpoint()),
            240,
            "{revision}"
        );
        operate(&mut world, HostOperation::Unload);
        assert_eq!(total(&world), 0, "{revision}");
        let (_, account, _) = world.drivers().next().unwrap();
        let left = world.machine().memory.holdings(account);
        assert_eq!((left.pages, left.mappings, left.buffers), (0, 0, 0), "{revision}");
        assert_eq!(world.machine_mut().memory.take_strays(), [], "{revision}");
    }
}

#[test]
fn a_driver_binds_to_a_function_that_is_there_and_leaves_with_it() {
    let mut world = world(RevisionName::Merged, Limits::default());
    operate(&mut world, HostOperation::Load);
    let vf = world.bind(Function::Vf(2));
    let load = |world: &mut InprocWorld| {
        let task = world.start(vf, HostOperation::Load);
        world.run_until(|world| world.ended_at(task).is_some()).unwrap();
        world.outcome(vf, task)
    };
    let is_bound = |world: &InprocWorld| world.drivers().nth(vf).unwrap().2.books().bound;
    operate(&mut world, HostOperation::EnableVfs(1));
    assert_eq!(load(&mut world), Some(Err(Errno::ENODEV)), "there is VF 1 only");
    for goes in [HostOperation::DisableVfs, HostOperation::Unload] {
        if goes == HostOperation::DisableVfs {
            operate(&mut world, HostOperation::DisableVfs);
        }
        operate(&mut world, HostOperation::EnableVfs(2));
        assert_eq!(load(&mut world), Some(Ok(())));
        assert!(is_bound(&world));
        operate(&mut world, goes);
        assert!(!is_bound(&world), "{goes:?}");
    }
}

#[test]
fn whoever_goes_back_finds_everything_as_it_was() {
    let mut world = world(RevisionName::Merged, Limits::default());
    operate(&mut world, HostOperation::Load);
    request(&mut world, 100);
    let standing = world.snapshot();
    let books = world.driver().books();
    let now = world.now();

    operate(&mut world, HostOperation::EnableVfs(2));
    request(&mut world, -50);
    let after = (world.driver().books(), world.now());
    assert_ne!(after.0, books);

    world.go_back(&standing);
    assert_eq!(world.driver().books(), books);
    assert_eq!(world.now(), now);
    assert_eq!(world.machine().silicon.ledger().total(world.endpoint()), 340);

    operate(&mut world, HostOperation::EnableVfs(2));
    request(&mut world, -50);
    assert_eq!(
        (world.driver().books(), world.now()),
        after,
        "the same again from the same place"
    );
}

#[test]
fn a_load_is_gone_back_into_wherever_it_stands() {
    let mut world = world(RevisionName::Merged, Limits::default());
    world.remember();
    let task = world.start(0, HostOperation::Load);
    let mut standings = Vec::new();
    let ended = |world: &InprocWorld| world.ended_at(task).is_some();
    let steps = world.budget().events();
    while !ended(&world) {
        standings.push(world.snapshot());
        let next = world.budget().events() + 1;
        world
            .run_until(|world| ended(world) || world.budget().events() >= next)
            .unwrap();
    }
    let after = (
        world.driver().books(),
        world.now(),
        world.budget().events() - steps,
    );
    assert!(standings.len() > 100, "{} standings", standings.len());
    for standing in standings.iter().rev() {
        world.go_back(standing);
        world.run_until(ended).unwrap();
        let again = (
            world.driver().books(),
            world.now(),
            world.budget().events() - steps,
        );
        assert_eq!(again, after);
        assert_eq!(world.outcome(0, task), Some(Ok(())));
    }
}

#[test]
fn settling_lets_no_more_time_pass_than_commands_take() {
    let mut world = world(RevisionName::Merged, Limits::default());
    operate(&mut world, HostOperation::Load);
    let before = world.now();
    request(&mut world, 4);
    assert_eq!(total(&world), 244);
    let took = world.now().saturating_sub(before);
    assert!(took > Cycles::ZERO && took < Cycles::from_millis(2), "{took}");
    world.pass(Cycles::from_secs(3)).unwrap();
    assert_eq!(world.now().saturating_sub(before).as_millis() / 1000, 3);
}

#[test]
fn a_run_without_end_is_stopped() {
    let limits = Limits {
        events: 50,
        ..Limits::default()
    };
    let mut world = world(RevisionName::Merged, limits);
    let task = world.start(0, HostOperation::Load);
    let halted = world.run_until(|world| world.ended_at(task).is_some());
    assert!(matches!(halted, Err(Halt::Exhausted(_))), "{halted:?}");
}

#[test]
fn time_is_bounded_per_step() {
    let mut budget = Budget::new(Limits {
        events: 10,
        time_per_step: Cycles::from_secs(1),
    });
    budget.begin_step(Cycles::from_secs(100));
    assert!(budget.allow(Cycles::from_secs(101)).is_ok());
    assert!(budget.allow(Cycles::from_secs(102)).is_err());
}

fn scenario(steps: &Value, expect: &Value) -> ScenarioFile {
    serde_json::from_value(json!({
        "name": "test", "row": "0", "concern": "c", "why": "w", "reachability": "compliant_firmware",
        "device": {
            "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
            "eswitch": { "manager": true, "vport_group_manager": true },
            "vfs": { "total": 3, "first_vhca_id": 16 },
        },
        "steps": steps,
        "expect": { "merged": expect },
    }))
    .unwrap()
}

fn run(steps: &Value, expect: &Value, seed: Option<u64>) -> RunResult {
    let options = RunOptions {
        seed,
        ..RunOptions::default()
    };
    run_scenario(
        &scenario(steps, expect),
        "test.json",
        RevisionName::Merged,
        &options,
    )
}

fn lifecycle() -> Value {
    json!([
        { "host": "load", "expect": { "all": { "returns": 0, "counters": { "fw_pages_total": 240, "self": 240 } } } },
        { "host": { "enable_vfs": 2 } },
        { "firmware": { "request_pages": { "function": "vf1", "pages": 300 } },
          "expect": { "all": { "counters": { "fw_pages_vfs": 300 }, "ledger": { "vf1": 300, "pf": 240 } } } },
        { "host": "disable_vfs", "expect": { "all": { "counters": { "fw_pages_vfs": 0 } } } },
        { "host": "unload" }
    ])
}

#[test]
fn a_scenario_that_holds_passes_and_repeats_to_the_byte() {
    let expect = json!({ "counters": { "fw_pages_total": 0 }, "leaked_pages": 0, "leaked_mappings": 0 });
    for seed in [None, Some(1), Some(2)] {
        let first = run(&lifecycle(), &expect, seed);
        assert_eq!(
            first.outcome,
            Outcome::Pass,
            "{:?} {:#?} {:#?}",
            first.reason,
            first.mismatches,
            first.warnings
        );
        let second = run(&lifecycle(), &expect, seed);
        assert_eq!(
            serde_json::to_string(&first).unwrap(),
            serde_json::to_string(&second).unwrap()
        );
    }
}

#[test]
fn a_recorded_schedule_repeats_a_seeded_run() {
    let expect = json!({});
    let seeded = run(&lifecycle(), &expect, Some(7));
    let options = RunOptions {
        seed: Some(7),
        schedule: Some(seeded.choices.clone()),
        ..RunOptions::default()
    };
    let repeated = run_scenario(
        &scenario(&lifecycle(), &expect),
        "test.json",
        RevisionName::Merged,
        &options,
    );
    assert_eq!(repeated.trace_hash, seeded.trace_hash);
    assert_eq!(repeated.choices, seeded.choices);
}

#[test]
fn what_does_not_hold_is_told_with_both_numbers() {
    let steps = json!([{ "host": "load", "expect": { "all": { "counters": { "self": 239 } } } }]);
    let result = run(&steps, &json!({}), None);
    assert_eq!(result.outcome, Outcome::Fail);
    assert_eq!(
        result.reason.as_deref(),
        Some("step 1: counters.self is 240, not 239")
    );
}

#[test]
fn a_violation_nobody_expects_fails_the_run() {
    // Pages for a function whose vport does not exist yet: the driver cannot know what they are.
    let steps = json!([
        { "host": "load" },
        { "firmware": { "request_pages": { "function": "vf1", "pages": 8 } } }
    ]);
    let result = run(&steps, &json!({}), None);
    assert_eq!(result.outcome, Outcome::Fail);
    let violation = &result.violations[0];
    assert_eq!(violation.invariant, InvariantName::CounterMatchesLedger);
    assert_eq!(
        (violation.driver, violation.firmware, violation.step),
        (Some(0), Some(8), 2)
    );
    assert_eq!(violation.subject.as_deref(), Some("fw_pages_vfs"));
    let parting = result.parting.expect("the books parted");
    assert_eq!((parting.step, parting.firmware), (2, 8));

    let expected = json!({ "violations": [
        { "invariant": "counter_matches_ledger", "step": 2, "counter": "fw_pages_vfs", "driver": 0, "firmware": 8 }
    ] });
    assert_eq!(run(&steps, &expected, None).outcome, Outcome::Pass);
}

#[test]
fn an_operation_that_cannot_end_is_told_and_can_be_expected() {
    let hold = json!({ "gate": { "hold": { "name": "c", "command": { "command": "ENABLE_HCA", "function": "vf1" } } } });
    let steps = json!([
        { "host": "load" },
        hold,
        { "host": { "enable_vfs": 1 }, "name": "vfs", "background": true, "expect": { "all": { "pending": true } } },
        { "gate": { "wait_held": { "name": "c" } } },
        { "gate": { "release": { "name": "c" } } },
        { "host": { "wait_for": "vfs" }, "expect": { "all": { "returns": 0, "pending": false } } },
        { "host": "unload" }
    ]);
    let result = run(&steps, &json!({}), None);
    assert_eq!(
        result.outcome,
        Outcome::Pass,
        "{:?} {:#?}",
        result.reason,
        result.warnings
    );
}

#[test]
fn a_cycle_through_both_programs_is_seen_while_it_stands() {
    let mut world = world(RevisionName::Reviewed, Limits::default());
    operate(&mut world, HostOperation::Load);
    let needs = json!({ "answer": {
        "to": { "command": "QUERY_HCA_CAP", "other": true, "function": "vf2" },
        "with": { "needs": { "requests": [{ "function": "vf1", "pages": 32 }, { "function": "vf1", "pages": 32 }] } },
    } });
    order(&mut world, &serde_json::from_value(needs).unwrap()).unwrap();
    let enable = world.start(0, HostOperation::EnableVfs(2));
    world.settle().unwrap();
    let cycles = world.take_cycles();
    assert_eq!(
        cycles.len(),
        1,
        "{:#?} {:#?}",
        world.runtime().tasks(),
        world.driver().lock_holders()
    );
    assert_eq!(cycles[0].lock, "EswitchLock");
    assert_eq!(cycles[0].links.len(), 4, "{cycles:#?}");
    let _ = world.run_until(|world| world.ended_at(enable).is_some()).unwrap();
}

#[test]
fn a_vf_that_has_been_taken_off_the_bus_gets_no_driver_while_others_still_go() {
    let result = run(
        &json!([
            { "host": "load" },
            { "host": { "enable_vfs": 3 } },
            { "host": { "function": { "which": "vf2", "do": "load" } } },
            { "gate": { "hold": { "name": "h", "command": { "command": "TEARDOWN_HCA", "endpoint": "vf2" } } } },
            { "host": "disable_vfs", "name": "off", "background": true, "expect": { "all": { "pending": true } } },
            { "gate": { "wait_held": { "name": "h" } } },
            { "host": { "function": { "which": "vf1", "do": "load" } }, "expect": { "all": { "returns": -19 } } },
            { "gate": { "release": { "name": "h" } } },
            { "host": { "wait_for": "off" }, "expect": { "all": { "returns": 0 } } },
            { "host": "unload" }
        ]),
        &json!({}),
        None,
    );
    assert_eq!(result.outcome, Outcome::Pass, "{:?}", result.reason);
}

#[test]
fn vfs_are_disabled_after_a_reload_that_is_under_way() {
    let result = run(
        &json!([
            { "host": "load" },
            { "host": { "enable_vfs": 2 } },
            { "gate": { "hold": { "name": "h", "command": { "command": "TEARDOWN_HCA" } } } },
            { "host": "reload", "name": "reload", "background": true, "expect": { "all": { "pending": true } } },
            { "gate": { "wait_held": { "name": "h" } } },
            { "host": "disable_vfs", "name": "off", "background": true, "expect": { "all": { "pending": true } } },
            { "gate": { "release": { "name": "h" } } },
            { "host": { "wait_for": "reload" }, "expect": { "all": { "returns": 0 } } },
            { "host": { "wait_for": "off" }, "expect": { "all": { "returns": 0 } } },
            { "host": "unload" }
        ]),
        &json!({}),
        None,
    );
    assert_eq!(result.outcome, Outcome::Pass, "{:?}", result.reason);
    let sent = |name: &str, id| {
        let commands = result.commands.iter().filter(|command| command.name == name);
        commands
            .filter(|command| serde_json::to_value(command).unwrap()["function_id"] == id)
            .count()
    };
    assert_eq!([sent("ENABLE_HCA", 1), sent("DISABLE_HCA", 1)], [2, 2]);
}
