//! The bench: drift as it is seen, and what it says when something does not end well.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use driver_host::Limits;
use mlx5_embedding::{Bench, BenchError, Difference, Function, HostOperation, RevisionName, RunSetup};
use std::time::Duration;

const DEVICE: &str = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
    "eswitch": { "manager": true, "vport_group_manager": true },
    "vfs": { "total": 4, "first_vhca_id": 16 } }"#;

fn bench(revision: RevisionName) -> Bench {
    Bench::of_json(DEVICE, revision).unwrap()
}

#[test]
fn pages_of_a_vf_that_nobody_has_enabled_are_counted_for_nobody() {
    let mut bench = bench(RevisionName::Merged);
    bench.run(HostOperation::Load).unwrap();
    assert_eq!(bench.differences(), []);
    bench.request_pages(Function::Vf(1), 64).unwrap();
    let drift = Difference {
        counter: "fw_pages_vfs",
        driver: 0,
        firmware: 64,
    };
    assert_eq!(bench.differences(), [drift]);
    assert_eq!(drift.to_string(), "fw_pages_vfs: driver 0, firmware 64");
    assert_eq!(bench.counters().none, 64);
    let told = bench.take_records();
    assert!(!told.is_empty());
    assert!(bench.take_records().is_empty());
}

#[test]
fn an_operation_runs_beside_others_until_somebody_waits_for_it() {
    let mut bench = bench(RevisionName::Robust);
    assert_eq!(bench.functions()[..2], [Function::Pf, Function::Vf(1)]);
    bench.run(HostOperation::Load).unwrap();
    bench.run(HostOperation::EnableVfs(1)).unwrap();
    let load = bench.start(Function::Vf(1), HostOperation::Load).unwrap();
    bench.finish(load).unwrap();
    assert!(bench.has_ended(load));
    assert!(bench.books_at(Function::Vf(1)).unwrap().loaded);
    assert_eq!(bench.books_at(Function::Vf(2)), None);
    assert_eq!(
        bench.ledger_at(Function::Vf(1)).len(),
        0,
        "its PF supplies its pages"
    );
    let before = bench.now();
    bench.pass(Duration::from_millis(7)).unwrap();
    assert_eq!(bench.now() - before, Duration::from_millis(7));
    bench.run(HostOperation::Unload).unwrap();
    assert!(!bench.books_at(Function::Pf).unwrap().loaded);
    bench.quiesce().unwrap();
}

#[test]
fn an_operation_that_fails_says_how() {
    let mut bench = bench(RevisionName::Merged);
    bench.run(HostOperation::Load).unwrap();
    let error = bench.run(HostOperation::EnableVfs(5)).unwrap_err();
    assert!(
        matches!(
            error,
            BenchError::Failed {
                function: Function::Pf,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().starts_with("enable_vfs at pf has failed: -E"),
        "{error}"
    );
}

#[test]
fn an_operation_that_does_not_end_says_who_waits_for_what() {
    let mut bench = bench(RevisionName::Merged);
    bench.world_mut().runtime().pause_at("migrate.erased_old_key");
    let error = bench.run(HostOperation::Load).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, BenchError::Stuck { .. }), "{text}");
    assert!(text.starts_with("load at pf does not end: "), "{text}");
    assert!(text.contains("migrate.erased_old_key"), "{text}");
    bench.world_mut().runtime().resume_at("migrate.erased_old_key");
    bench.quiesce().unwrap();
    assert!(bench.books_at(Function::Pf).unwrap().loaded);
}

#[test]
fn what_nobody_can_do_is_refused_before_anything_happens() {
    let error = Bench::of_json("{}", RevisionName::Merged).err().unwrap();
    assert!(matches!(error, BenchError::Json(_)), "{error}");
    let wrong = r#"{ "kind": "vf", "vhca_id": 5, "page_mode": "func_id", "vfs": { "total": 1 } }"#;
    let error = Bench::of_json(wrong, RevisionName::Merged).err().unwrap();
    assert!(matches!(error, BenchError::Device(_)), "{error}");

    let mut bench = bench(RevisionName::Merged);
    let error = bench.run_at(Function::Vf(9), HostOperation::Load).unwrap_err();
    assert!(
        matches!(error, BenchError::NoInterface(Function::Vf(9))),
        "{error}"
    );
    let error = bench.request_pages(Function::EcVf(1), 1).unwrap_err();
    assert!(matches!(error, BenchError::Order(_)), "{error}");
}

#[test]
fn a_run_that_goes_too_far_is_stopped_and_can_be_looked_at() {
    let setup = RunSetup::of(mlx5_embedding::device(DEVICE).unwrap(), RevisionName::Merged);
    let mut bench = Bench::of(&RunSetup {
        limits: Limits {
            time_per_step: mlx5_embedding::Cycles::from_millis(1),
            ..Limits::default()
        },
        ..setup
    })
    .unwrap();
    let error = bench.run(HostOperation::Load).unwrap_err();
    assert!(
        matches!(error, BenchError::Stuck { limit: Some(_), .. }),
        "{error}"
    );
    assert!(!bench.waits().is_empty());
    let error = bench.quiesce().unwrap_err();
    assert!(matches!(error, BenchError::Halted { .. }), "{error}");
    assert!(
        error.to_string().starts_with("stopped: has not ended after"),
        "{error}"
    );
    assert!(!bench.look().drivers.is_empty());
    assert!(bench.take_messages().is_empty());
}
