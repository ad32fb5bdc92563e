//! From a scenario to its result, with driver and device in this process.

use super::execution::Execution;
use super::options::RunOptions;
use crate::record::failure::Failure;
use crate::record::result::RunResult;
use crate::record::timeline::Keep;
use crate::scenario::ScenarioFile;
use crate::stage::Stage;
use crate::stage::inproc;
use driver::RevisionName;
use embedding::RunSetup;

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
        ..RunResult::empty(scenario, file, &revision.to_string(), options.seed)
    };
    match inproc::stage(&setup(scenario, revision, options)) {
        Ok(mut stage) => {
            if let Err(lost) = play_on(&mut stage, scenario, revision, &mut result) {
                result.fail(Failure::Internal, lost.to_string());
            }
        }
        Err(error) => {
            result.fail(Failure::Invalid, format!("the device cannot be built: {error}"));
        }
    }
    result
}

/// Plays `scenario` on a stage that nobody has acted on, and judges it as `revision` without another run beside it.
///
/// # Errors
/// What has broken the stage. Everything else is in the result.
pub fn play_on<S: Stage>(
    stage: &mut S,
    scenario: &ScenarioFile,
    revision: RevisionName,
    result: &mut RunResult,
) -> Result<(), S::Broken> {
    Execution::new(scenario, revision, None, stage)
        .run(result)
        .map(drop)
}

/// What our driver's run of a scenario is made of, on whatever bus.
#[must_use]
pub fn setup(scenario: &ScenarioFile, revision: RevisionName, options: &RunOptions) -> RunSetup {
    RunSetup {
        device: scenario.device.clone(),
        seed: options.seed.unwrap_or(0),
        page_bytes: scenario.host.page_size.into(),
        revision,
        eswitch_support: scenario.host.eswitch_support,
        schedule: options.schedule(),
        limits: options.limits,
        keep_timeline: options.keep == Keep::Everything,
    }
}

fn replay_line(file: &str, revision: RevisionName, options: &RunOptions) -> String {
    let seed = options
        .seed
        .map(|seed| format!(" --seed {seed}"))
        .unwrap_or_default();
    format!("mlx5-cosim run {file} --revision {revision}{seed}")
}
