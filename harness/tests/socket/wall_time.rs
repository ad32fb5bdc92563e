//! The same device on the wall clock, as hardware is: books as in one process, times as they come.

use crate::project_runs::run::{ProjectRun, all};
use crate::servers::backend;
use harness::play::RunOptions;
use harness::record::result::Outcome;
use harness::stage::news::Silence;
use harness::stage::socket::server::Time;
use libtest_mimic::{Failed, Trial};

/// What is played: drift, a wait that runs into its limit, a lock cycle, a VF's driver.
const PLAYED: [&str; 4] = [
    "attribution/none-then-populate",
    "lifecycle/boot-init-migrate",
    "lifecycle/vf-driver",
    "eswitch-lock/lock-take-ahead",
];

/// The tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![Trial::test("wall_time::what_is_played_exists", || {
        let runs = all();
        let exists = |name: &&str| runs.iter().any(|run| run.file_name == **name);
        match PLAYED.iter().find(|name| !exists(name)) {
            None => Ok(()),
            Some(missing) => Err(format!("there is no {missing}").into()),
        }
    })];
    let played = all()
        .into_iter()
        .filter(|run| PLAYED.contains(&run.file_name.as_str()));
    trials.extend(played.map(|run| Trial::test(format!("wall_time::{}", run.name()), move || play(&run))));
    trials
}

/// Each on a server of its own: none waits for another.
fn play(run: &ProjectRun) -> Result<(), Failed> {
    let mut backend = backend(Time::Wall);
    let options = RunOptions::default();
    let result = backend.run(&run.scenario, &run.file(), run.revision, &options, &Silence)?;
    match result.outcome {
        Outcome::Pass => Ok(()),
        other => Err(format!("{other:?}: {}", result.reason.unwrap_or_default()).into()),
    }
}
