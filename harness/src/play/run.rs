//! From a scenario to its result, with driver and device in this process.

use super::execution::Execution;
use super::options::RunOptions;
use crate::record::failure::Failure;
use crate::record::result::RunResult;
use crate::record::timeline::Keep;
use crate::scenario::ScenarioFile;
use crate::stage::inproc::{InprocSetup, InprocStage};
use driver::RevisionName;

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
    let setup = InprocSetup {
        device: scenario.device.clone(),
        seed: options.seed.unwrap_or(0),
        page_bytes: scenario.host.page_size.into(),
        revision,
        eswitch_support: scenario.host.eswitch_support,
        scheduler: options.scheduler(),
        limits: options.limits,
    };
    match InprocStage::new(setup, options.keep == Keep::Everything) {
        Ok(mut stage) => {
            let execution = Execution::new(scenario, revision, None, &mut stage);
            match execution.run(&mut result) {
                Ok(_) => {}
                Err(never) => match never {},
            }
        }
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
