//! Runs that are forked wherever they have a choice: something else is chosen and followed for a while, and then the run goes on from
//! where it was. It has to end as if nothing had been, and what was seen on the other way has to be what a run sees that goes it from the
//! beginning on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use driver::RevisionName;
use driver_host::Schedule;
use embedding::InprocWorld;
use harness::play::{RunOptions, play_on, setup};
use harness::record::RunResult;
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use harness::stage::inproc;
use parts::CanonicalHasher;
use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How many scenarios are forked.
const SCENARIOS: usize = 20;

/// Of so many other ways one is gone once more from the beginning on.
const REPEATED: usize = 9;

/// Another way: what was chosen until it parted and what then, and what the world had come to when nothing happened any more.
struct Detour {
    choices: Vec<String>,
    end: u64,
}

fn fingerprint(world: &InprocWorld) -> u64 {
    let mut hasher = CanonicalHasher::default();
    world.hash_drivers_and_tasks(&mut hasher);
    world.machine().hash_all(&mut hasher);
    world.now().hash(&mut hasher);
    hasher.finish()
}

fn play(
    scenario: &ScenarioFile,
    revision: RevisionName,
    schedule: Schedule,
    prepare: impl FnOnce(&mut InprocWorld),
) -> RunResult {
    let mut setup = setup(scenario, revision, &RunOptions::default());
    setup.schedule = schedule;
    let mut stage = inproc::stage_where(&setup, prepare).unwrap();
    let mut result = RunResult::empty(scenario, "", &revision.to_string(), None);
    play_on(&mut stage, scenario, revision, &mut result).unwrap();
    result
}

/// Plays it, and goes another way at every choice.
fn play_with_detours(
    scenario: &ScenarioFile,
    revision: RevisionName,
    schedule: Schedule,
) -> (RunResult, Vec<Detour>) {
    let detours: Rc<RefCell<Vec<Detour>>> = Rc::default();
    let seen = Rc::clone(&detours);
    let result = play(scenario, revision, schedule, |world| {
        world.remember();
        world.show_choices_to(Box::new(move |world, names| {
            if names.is_empty() {
                return Ok(());
            }
            let here = world.snapshot();
            let other = names[seen.borrow().len() % names.len()];
            let made = world.choices().map(ToString::to_string);
            let choices = made.chain([other.to_string()]).collect();
            world.happens(other)?;
            while world.go_on_in_order()? {}
            let end = fingerprint(world);
            world.go_back(&here);
            seen.borrow_mut().push(Detour { choices, end });
            Ok(())
        }));
    });
    (result, Rc::into_inner(detours).unwrap().into_inner())
}

/// What the world has come to where nothing happens any more after the last of these choices.
fn end_without_fork(scenario: &ScenarioFile, revision: RevisionName, choices: &[String]) -> Option<u64> {
    let end: Rc<RefCell<Option<u64>>> = Rc::default();
    let (seen, made) = (Rc::clone(&end), choices.len());
    play(
        scenario,
        revision,
        Schedule::Recorded(choices.to_vec()),
        |world| {
            world.remember();
            world.show_choices_to(Box::new(move |world, names| {
                if names.is_empty() && world.choices().count() >= made {
                    seen.borrow_mut().get_or_insert_with(|| fingerprint(world));
                }
                Ok(())
            }));
        },
    );
    *end.borrow()
}

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let files = scenario_files(&root).unwrap();
    let apart = files.len() / SCENARIOS;
    files.into_iter().step_by(apart).take(SCENARIOS).collect()
}

#[test]
fn whoever_forks_at_every_choice_sees_what_runs_see_that_never_fork_and_leaves_no_trace() {
    let mut forks = 0;
    for (seed, file) in scenarios().iter().enumerate() {
        let scenario = read_scenario(file).unwrap();
        for revision in scenario.revisions() {
            let name = format!("{} {revision}", file.display());
            let schedule = || Schedule::Seeded(seed as u64);
            let plain = play(&scenario, revision, schedule(), |_| ());
            let (forked, detours) = play_with_detours(&scenario, revision, schedule());
            assert_eq!(plain.reason, forked.reason, "{name}");
            assert!(plain == forked, "{name} ends otherwise");
            forks += detours.len();
            for detour in detours.iter().step_by(REPEATED) {
                let end = end_without_fork(&scenario, revision, &detour.choices);
                let last = detour.choices.last().unwrap();
                assert_eq!(
                    end,
                    Some(detour.end),
                    "{name}, choice {}: {last}",
                    detour.choices.len()
                );
            }
        }
    }
    assert!(forks > 1_000, "{forks} forks");
}
