//! Drivers whose host is reached by lines only: every run is the same to the last byte, its timeline too; and a line that
//! goes dead breaks the stage, at whichever order that is.

mod distant_world;

use distant_world::stage;
use driver::RevisionName;
use driver_host::{HostLost, Limits};
use harness::play::{RunOptions, play_on, run_scenario, setup};
use harness::record::timeline::Keep;
use harness::record::{Failure, Outcome, RunResult};
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use std::path::Path;

/// More orders than any run needs.
const ENOUGH: u64 = 100_000;

fn scenarios() -> Vec<(String, ScenarioFile)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let files = scenario_files(&folder).expect("the folder of scenarios can be read");
    assert!(!files.is_empty());
    let read = |file: &std::path::PathBuf| {
        let scenario = read_scenario(file).expect("a valid scenario");
        (file.display().to_string(), scenario)
    };
    files.iter().map(read).collect()
}

fn scenario(name: &str) -> ScenarioFile {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../scenarios/{name}.json"));
    read_scenario(&file).expect("a valid scenario")
}

/// The run `near` again, with drivers that take so many orders.
fn far_away(
    scenario: &ScenarioFile,
    near: &RunResult,
    revision: RevisionName,
    options: &RunOptions,
    orders: u64,
) -> Result<RunResult, HostLost> {
    let mut result = RunResult {
        backend: near.backend.clone(),
        replay: near.replay.clone(),
        ..RunResult::empty(scenario, &near.file, &near.revision, near.seed)
    };
    let stage = stage(&setup(scenario, revision, options), orders);
    let mut stage = stage.map_err(|stop| HostLost(stop.to_string()))?;
    play_on(&mut stage, scenario, revision, &mut result)?;
    Ok(result)
}

#[track_caller]
fn is_the_same(
    scenario: &ScenarioFile,
    file: &str,
    revision: RevisionName,
    options: &RunOptions,
) -> RunResult {
    let near = run_scenario(scenario, file, revision, options);
    let far = far_away(scenario, &near, revision, options, ENOUGH).expect("the line lives");
    assert!(
        far == near,
        "{file} under {revision} is another run:\n{far:#?}\n{near:#?}"
    );
    near
}

fn all_are_the_same(revision: RevisionName, options: &RunOptions) {
    let scenarios = scenarios();
    let named = scenarios
        .iter()
        .filter(|(_, scenario)| scenario.revisions().contains(&revision));
    let mut runs = 0;
    for (file, scenario) in named {
        let result = is_the_same(scenario, file, revision, options);
        assert!(!result.steps.is_empty(), "{file}");
        runs += 1;
    }
    assert!(runs > 0);
}

#[test]
fn every_scenario_under_reviewed() {
    all_are_the_same(RevisionName::Reviewed, &RunOptions::default());
}

#[test]
fn every_scenario_under_merged() {
    all_are_the_same(RevisionName::Merged, &RunOptions::default());
}

#[test]
fn every_scenario_under_robust() {
    all_are_the_same(RevisionName::Robust, &RunOptions::default());
}

#[test]
fn in_an_order_that_a_seed_draws_with_all_that_is_kept() {
    let options = RunOptions {
        seed: Some(7),
        keep: Keep::Everything,
        ..RunOptions::default()
    };
    let mut timed = 0;
    for (file, scenario) in scenarios().iter().step_by(9) {
        for revision in scenario.revisions() {
            let result = is_the_same(scenario, file, revision, &options);
            timed += usize::from(result.timeline.is_some_and(|timeline| !timeline.tasks.is_empty()));
        }
    }
    assert!(timed > 0);
}

#[test]
fn a_run_that_is_stopped_or_cannot_be_followed_is_so_far_away_too() {
    let boot = scenario("lifecycle/boot-init-funcid");
    let short = RunOptions {
        limits: Limits {
            events: 50,
            ..Limits::default()
        },
        ..RunOptions::default()
    };
    let stopped = is_the_same(&boot, "boot", RevisionName::Merged, &short);
    assert_eq!(stopped.failure, Some(Failure::Budget));
    let wrong = RunOptions {
        schedule: Some(vec!["nobody".to_owned()]),
        ..RunOptions::default()
    };
    let vfs = scenario("vport-removal/guard-hides");
    let parted = is_the_same(&vfs, "vfs", RevisionName::Merged, &wrong);
    assert_eq!(parted.outcome, Outcome::Fail);
    assert!(parted.reason.is_some_and(|reason| reason.contains("nobody")));
}

#[test]
fn a_line_that_goes_dead_breaks_the_stage() {
    let boot = scenario("lifecycle/boot-init-funcid");
    let options = RunOptions::default();
    let near = run_scenario(&boot, "boot", RevisionName::Merged, &options);
    let run = |orders| far_away(&boot, &near, RevisionName::Merged, &options, orders);
    let needed = (0..ENOUGH)
        .find(|&orders| run(orders).is_ok())
        .expect("a run that ends");
    // Of each step at least its beginning, its operation, its end and a look; and the run's beginning and end.
    assert!(needed > 4 * boot.steps.len() as u64 + 1, "{needed}");
    for orders in 0..needed {
        let lost = run(orders).expect_err("the line is dead");
        assert!(lost.0.contains("the line is dead"), "{lost}");
    }
}
