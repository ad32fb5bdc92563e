//! Runs one scenario under one revision: executes its steps, checks the invariants after each, judges the end.
//!
//! * [`result`] - what a run yields
//! * [`failure`] - why it is not as it should be
//! * [`aspect`] - what an expectation is about
//! * `execution` - steps, one after another
//! * `actions` - what the actors of a step do
//! * `operations` - host operations that run, in the foreground and in the background
//! * `observer` - looking at a step that has ended
//! * `holds` - what became of the gate's holds
//! * `snapshot` - both books at one moment
//! * `judgement` - expectations against what happened
//! * [`location`] - where an expectation stands in its file
//! * `trace_hash` - one number for everything that happened

mod actions;
pub mod aspect;
mod execution;
pub mod failure;
pub(crate) mod holds;
mod judgement;
pub mod location;
mod observer;
mod operations;
pub mod result;
mod snapshot;
mod trace_hash;
mod wording;

pub use failure::Failure;
pub use result::{
    Compared, Comparison, Mismatch, Outcome, Parting, RunResult, Snapshot, StepRecord, Violation,
};

use crate::inproc::Limits;
use crate::scenario::ScenarioFile;
use crate::timeline::Keep;
use driver::RevisionName;
use driver::runtime::{Choice, InOrder, Recorded, Scheduler, Seeded};
use execution::Execution;

/// How to run a scenario.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Decides what firmware draws and, without a recorded schedule, which task runs next. Without a seed the task runs
    /// that has been ready longest.
    pub seed: Option<u64>,
    /// The choices to repeat.
    pub schedule: Option<Vec<Choice>>,
    /// How far the run may go.
    pub limits: Limits,
    /// What it keeps of what happens.
    pub keep: Keep,
}

impl RunOptions {
    fn scheduler(&self) -> Box<dyn Scheduler> {
        match (&self.schedule, self.seed) {
            (Some(choices), _) => Box::new(Recorded::new(choices.iter().cloned())),
            (None, Some(seed)) => Box::new(Seeded::new(seed)),
            (None, None) => Box::new(InOrder),
        }
    }
}

/// Runs `scenario`, read from `file`, under `revision`, with driver and device in this process. The same arguments
/// yield the same result to the last byte.
#[must_use]
pub fn run_scenario(
    scenario: &ScenarioFile,
    file: &str,
    revision: RevisionName,
    options: &RunOptions,
) -> RunResult {
    let mut result = RunResult {
        backend: "inproc".to_owned(),
        replay: replay_line(file, revision, options),
        ..RunResult::empty(scenario, file, &revision.to_string(), options)
    };
    match Execution::new(scenario, revision, options) {
        Ok(execution) => execution.run(&mut result),
        Err(error) => {
            result.fail(Failure::Invalid, format!("the device cannot be built: {error}"));
        }
    }
    result
}

fn replay_line(file: &str, revision: RevisionName, options: &RunOptions) -> String {
    let seed = options
        .seed
        .map(|seed| format!(" --seed {seed}"))
        .unwrap_or_default();
    format!("mlx5-cosim run {file} --revision {revision}{seed}")
}
