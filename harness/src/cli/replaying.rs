//! `replay`: repeats a recorded run and compares everything that happened.

mod following;

use crate::cli::artifact::{Artifact, ArtifactError};
use crate::cli::backend::run_in_process;
use crate::cli::exit::Exit;
use crate::cli::job::{Backend, Job, Loaded};
use crate::cli::outputs::{Look, OutputArguments, Outputs};
use crate::cli::streams;
use crate::play::RunOptions;
use crate::record::RunResult;
use crate::report::case::Finished;
use crate::report::human::Close;
use crate::report::stream::{Plan, PlannedCase};
use crate::text::reading::TextError;
use std::path::Path;
use std::sync::Arc;

pub(super) fn replay(file: &Path, output: &OutputArguments) -> Exit {
    let artifact = match Artifact::read(file) {
        Ok(artifact) => artifact,
        Err(error) => {
            streams::error(&error);
            return match error {
                ArtifactError::Unreadable {
                    cause: TextError::Unreadable(_),
                    ..
                } => Exit::Usage,
                ArtifactError::Unreadable { .. }
                | ArtifactError::Malformed { .. }
                | ArtifactError::Scenario { .. }
                | ArtifactError::OtherVersion { .. } => Exit::InvalidScenario,
            };
        }
    };
    if let Some(explored) = &artifact.explored {
        return following::replay(&artifact, explored);
    }
    if artifact.backend != Backend::Inproc.to_string() {
        streams::error(format_args!(
            "the run was recorded on `{}`, which this build does not have",
            artifact.backend
        ));
        return Exit::Backend;
    }
    let loaded = Loaded {
        file: artifact.file.clone(),
        scenario: artifact.scenario.clone(),
    };
    let job = Job {
        loaded: Arc::new(loaded),
        revision: artifact.revision,
        backend: Backend::Inproc,
        build: None,
    };
    let options = RunOptions {
        seed: artifact.seed,
        schedule: Some(artifact.choices.clone()),
        keep: output.keep(),
        ..RunOptions::default()
    };
    let plan = Plan {
        cases: vec![PlannedCase {
            file: artifact.file.display().to_string(),
            scenario: artifact.scenario.name.clone(),
        }],
    };
    let look = Look {
        verbose: true,
        close: Close::Nothing,
    };
    let mut outputs = match Outputs::begin(output, look, &plan, &[]) {
        Ok(outputs) => outputs,
        Err(exit) => return exit,
    };
    let mut result = match run_in_process(&job, &options) {
        Ok(result) => result,
        Err(error) => {
            streams::error(&error);
            return Exit::Internal;
        }
    };
    result.replay = format!("cargo run --release -- replay {}", file.display());
    outputs.finished(Finished {
        scenario: Some(&artifact.scenario),
        result: &result,
    });
    let (words, exit) = verdict(&artifact, &result);
    outputs.aside(&words);
    let (_, written) = outputs.end();
    exit.max(written)
}

/// Whether the two runs are one, in words.
fn verdict(artifact: &Artifact, result: &RunResult) -> (String, Exit) {
    if result.trace_hash == artifact.trace_hash && result.choices == artifact.choices {
        let words = format!("the same run, byte for byte: {}\n", result.trace_hash);
        return (words, Exit::AsExpected);
    }
    let parted = artifact
        .choices
        .iter()
        .zip(&result.choices)
        .position(|(old, new)| old != new);
    let parted = parted.unwrap_or_else(|| artifact.choices.len().min(result.choices.len()));
    let mut words = format!(
        "not the same run: recorded {}, repeated {}\n",
        artifact.trace_hash, result.trace_hash
    );
    if artifact.choices != result.choices {
        words.push_str(&format!("the schedules part at choice {}\n", parted + 1));
    }
    (words, Exit::NotDeterministic)
}
