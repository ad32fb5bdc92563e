//! A recorded run: all that is needed to repeat it, whatever has become of the scenario's file since.

use crate::explore::Detail;
use crate::record::result::RunResult;
use crate::scenario::{Problems, ScenarioFile, parse_scenario};
use crate::text::reading::{LONGEST_RECORD, TextError, read_text};
use driver::RevisionName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// Version of the format. In 1 a choice was the name of a task alone, of choices between tasks alone: such a schedule means nothing to
/// a run in which firmware and interrupts are chosen, too.
pub const VERSION: u32 = 2;

/// A recorded run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// Version of the format.
    pub version: u32,
    /// The scenario's file, as it was named.
    pub file: PathBuf,
    /// What was in it.
    pub scenario: ScenarioFile,
    /// The revision that ran.
    pub revision: RevisionName,
    /// The backend it ran on.
    pub backend: String,
    /// The seed, where one was given.
    pub seed: Option<u64>,
    /// Every choice of the schedule, where there was one: who, and what was done.
    pub choices: Vec<String>,
    /// Hash over everything that happened.
    pub trace_hash: String,
    /// Where the run is a way through a race that `explore` has found: how the race was looked at. Its choices are those of the race
    /// alone, and the hash is over them and both books after each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explored: Option<Explored>,
}

/// How a race was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explored {
    /// How finely.
    pub detail: Detail,
    /// How many time-outs might come though others could go on.
    pub early_timeouts: u32,
    /// How often on the way somebody who could have gone on is left for another one.
    pub preemptions: u32,
    /// What goes wrong on the way, by name.
    pub flaw: String,
}

/// Why an artifact cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The file cannot be read.
    #[error("{}: {cause}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: TextError,
    },
    /// It is no artifact.
    #[error("{}:{}:{}: no recorded run: {cause}", .file.display(), .cause.line(), .cause.column())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// Its scenario is none that could have run.
    #[error("{}: the recorded scenario is not valid: {problems}", .file.display())]
    Scenario {
        /// The file.
        file: PathBuf,
        /// What is wrong with the scenario.
        #[source]
        problems: Problems,
    },
    /// Another version wrote it.
    #[error(
        "{}: the run was recorded in format {found}, and this version repeats runs of format {VERSION}: record it again, with the same --seed",
        .file.display()
    )]
    OtherVersion {
        /// The file.
        file: PathBuf,
        /// The format it has.
        found: u32,
    },
}

impl Artifact {
    /// The record of a run.
    #[must_use]
    pub fn of(scenario: &ScenarioFile, revision: RevisionName, result: &RunResult) -> Self {
        Self {
            version: VERSION,
            file: PathBuf::from(&result.file),
            scenario: scenario.clone(),
            revision,
            backend: result.backend.clone(),
            seed: result.seed,
            choices: result.choices.clone(),
            trace_hash: result.trace_hash.clone(),
            explored: None,
        }
    }

    /// Reads an artifact.
    ///
    /// # Errors
    /// [`ArtifactError`].
    pub fn read(file: &Path) -> Result<Self, ArtifactError> {
        let file = file.to_owned();
        let text = match read_text(&file, LONGEST_RECORD) {
            Ok(text) => text,
            Err(cause) => return Err(ArtifactError::Unreadable { file, cause }),
        };
        let artifact: Self = match serde_json::from_str(&text) {
            Ok(artifact) => artifact,
            Err(cause) => return Err(ArtifactError::Malformed { file, cause }),
        };
        if artifact.version != VERSION {
            let found = artifact.version;
            return Err(ArtifactError::OtherVersion { file, found });
        }
        // Types alone do not make sense of it: what no file could say is refused here, too.
        let mut scenario = serde_json::to_value(&artifact.scenario).unwrap_or_default();
        leave_out_nulls(&mut scenario);
        match parse_scenario("scenario", None, format!("{scenario:#}")) {
            Ok(_) => Ok(artifact),
            Err(problems) => Err(ArtifactError::Scenario { file, problems }),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        Ok(files::write(file, text + "\n")?)
    }
}

/// Leaves out what is not said; files say nothing by leaving it out.
fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(leave_out_nulls),
        _ => {}
    }
}
