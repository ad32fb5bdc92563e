//! Guests that tests play in.

use crate::project_runs::pool::Player;
use crate::project_runs::run::{ProjectRun, all};
use guest::kit::KitOptions;
use harness::play::RunOptions;
use harness::record::result::RunResult;
use harness::stage::guest::{GuestBackend, GuestError};
use harness::stage::news::Silence;
use libtest_mimic::Failed;
use std::path::Path;

impl Player for GuestBackend {
    fn play(&mut self, run: &ProjectRun) -> Result<RunResult, Failed> {
        Ok(play(self, run)?)
    }
}

/// No guest is booted yet.
pub(crate) fn backend() -> Result<GuestBackend, Failed> {
    let program = Path::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
    Ok(GuestBackend::new(&KitOptions::default(), program)?)
}

/// Plays a run in a guest.
pub(crate) fn play(guests: &mut GuestBackend, run: &ProjectRun) -> Result<RunResult, GuestError> {
    let options = RunOptions::default();
    guests.run(&run.scenario, &run.file(), run.revision, &options, &Silence)
}

/// Plays a run in a guest, which has to be what it is in one process.
pub(crate) fn play_well(guests: &mut GuestBackend, run: &ProjectRun) -> Result<(), Failed> {
    let result = play(guests, run)?;
    run.is_as_known(&result)
}

/// A run of the project.
pub(crate) fn named(file_name: &str, revision: &str) -> Result<ProjectRun, Failed> {
    let is_it = |run: &ProjectRun| run.file_name == file_name && run.revision.to_string() == revision;
    let run = all().into_iter().find(is_it);
    run.ok_or_else(|| format!("there is no {file_name}::{revision}").into())
}
