//! What is kept of what was found: artifacts, a scenario, states.

use super::subject::{Failure, Subject};
use crate::cli::artifact::{Artifact, Explored, VERSION};
use crate::explore::account::Account;
use crate::explore::story::Story;
use crate::explore::{Choice, Flaw, RaceOptions, emission};
use crate::scenario::ScenarioFile;
use crate::swarm::saving::text_of;
use driver::RevisionName;
use std::io;
use std::path::{Path, PathBuf};

/// A way through a race.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    /// The race, with its sizes.
    pub(super) scenario: &'a ScenarioFile,
    /// The revision.
    pub(super) revision: RevisionName,
    /// How the race was looked at.
    pub(super) options: RaceOptions,
    /// The choices.
    pub(super) choices: &'a [Choice],
    /// How many of them are preemptions.
    pub(super) preemptions: u32,
}

/// Writes the way to a flaw as a scenario, if holds can force it. Returns the flaw's name then.
pub(super) fn emit(way: &Way<'_>, file: &Path, flaw: &Flaw) -> Result<Option<String>, Failure> {
    let name = file.file_stem().map_or_else(
        || way.scenario.name.clone(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    let Some(emitted) = emission::emit(way.scenario, &name, way.revision, way.options, way.choices, flaw)?
    else {
        return Ok(None);
    };
    let text = text_of(&emitted).map_err(|error| Failure::Write(file.to_owned(), error.into()))?;
    let failed = |error: io::Error| Failure::Write(file.to_owned(), error);
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    files::write(file, &text).map_err(|error| failed(error.into()))?;
    Ok(Some(flaw.to_string()))
}

/// Writes the way to a flaw as an artifact.
pub(super) fn record(
    subject: &Subject,
    folder: &Path,
    way: &Way<'_>,
    flaw: &Flaw,
    told: &Story,
) -> Result<PathBuf, Failure> {
    let name: String = flaw
        .to_string()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let name = name.trim_matches('-').replace("--", "-");
    let file = folder.join(format!(
        "{}-{}-{name}.explored.json",
        subject.scenario.name, way.revision
    ));
    let failed = |error: io::Error| Failure::Write(file.clone(), error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let artifact = Artifact {
        version: VERSION,
        file: subject.file.clone(),
        scenario: way.scenario.clone(),
        revision: way.revision,
        backend: "inproc".to_owned(),
        seed: None,
        choices: told.names.clone(),
        trace_hash: told.hash.clone(),
        explored: Some(Explored {
            detail: way.options.detail,
            early_timeouts: way.options.early_timeouts,
            preemptions: way.preemptions,
            flaw: flaw.to_string(),
        }),
    };
    artifact.write(&file).map_err(failed)?;
    Ok(file)
}

/// Writes what was found, with the fingerprints of all states, one line a revision.
pub(super) fn write_states<'a>(file: &Path, accounts: impl Iterator<Item = &'a Account>) -> io::Result<()> {
    let mut text = String::new();
    for account in accounts {
        text.push_str(&serde_json::to_string(account)?);
        text.push('\n');
    }
    Ok(files::write(file, &text)?)
}
