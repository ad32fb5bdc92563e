//! `replay`: repeats a recorded run and compares everything that happened.

use crate::cli::artifact::{Artifact, ArtifactError};
use crate::cli::backend::run_in_process;
use crate::cli::exit::Exit;
use crate::cli::job::{Backend, Job, Loaded};
use crate::cli::streams;
use crate::report::case::Finished;
use crate::report::human::HumanReport;
use crate::report::palette::Palette;
use crate::run::RunOptions;
use crate::text::reading::TextError;
use std::path::Path;
use std::rc::Rc;

pub(super) fn replay(file: &Path) -> Exit {
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
        loaded: Rc::new(loaded),
        revision: artifact.revision,
        backend: Backend::Inproc,
    };
    let options = RunOptions {
        seed: artifact.seed,
        schedule: Some(artifact.choices.clone()),
        ..RunOptions::default()
    };
    let mut result = match run_in_process(&job, &options) {
        Ok(result) => result,
        Err(error) => {
            streams::error(&error);
            return Exit::Internal;
        }
    };
    result.replay = format!("cargo run --release -- replay {}", file.display());
    let report = HumanReport {
        palette: Palette::for_stdout(),
        name_width: result.scenario.len(),
        verbose: true,
        room: streams::out_room(),
    };
    streams::out(report.run(Finished {
        scenario: Some(&artifact.scenario),
        result: &result,
    }));
    if result.trace_hash == artifact.trace_hash && result.choices == artifact.choices {
        streams::out(format_args!(
            "the same run, byte for byte: {}\n",
            result.trace_hash
        ));
        return Exit::AsExpected;
    }
    let parted = artifact
        .choices
        .iter()
        .zip(&result.choices)
        .position(|(old, new)| old != new);
    let parted = parted.unwrap_or_else(|| artifact.choices.len().min(result.choices.len()));
    streams::out(format_args!(
        "not the same run: recorded {}, repeated {}\n",
        artifact.trace_hash, result.trace_hash
    ));
    if artifact.choices != result.choices {
        streams::out(format_args!("the schedules part at choice {}\n", parted + 1));
    }
    Exit::NotDeterministic
}
