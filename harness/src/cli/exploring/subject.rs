//! What is explored, and why it was not.

use crate::cli::exit::Exit;
use crate::cli::explore_arguments::ExploreArguments;
use crate::cli::run_arguments::RevisionChoice;
use crate::cli::{diagnostic, library, streams};
use crate::explore::RaceHalt;
use crate::scenario::{ScenarioFile, Sizes};
use driver::RevisionName;
use std::io;
use std::path::PathBuf;

/// What is said where a file is needed and none is named.
pub(super) const NO_FILE: &str =
    "which race? name a scenario, as races/drift; without any file everything is drawn with --strategy swarm";

/// A race, read and sized.
pub(super) struct Subject {
    pub(super) file: PathBuf,
    pub(super) scenario: ScenarioFile,
}

/// Reads the race, and gives it its sizes.
pub(super) fn read(arguments: &ExploreArguments) -> Result<Subject, Exit> {
    let Some(path) = &arguments.file else {
        streams::error(NO_FILE);
        return Err(Exit::Usage);
    };
    let files = library::look_up(path).map_err(|error| {
        streams::error(&error);
        Exit::Usage
    })?;
    let [file] = &files[..] else {
        streams::error(format_args!(
            "{}: {} scenarios have this name; one race is explored at a time",
            path.display(),
            files.len()
        ));
        return Err(Exit::Usage);
    };
    let scenario = library::read(file).map_err(|error| {
        diagnostic::print(&error);
        Exit::InvalidScenario
    })?;
    let sizes = Sizes {
        vfs: arguments.vfs,
        requests: arguments.requests,
    };
    Ok(Subject {
        file: file.clone(),
        scenario: scenario.sized(sizes),
    })
}

/// The revisions under which it is explored.
pub(super) fn revisions(subject: &Subject, choice: RevisionChoice) -> Vec<RevisionName> {
    let named = subject.scenario.revisions();
    let Some(wanted) = choice.revision() else {
        return named;
    };
    // Whoever does not care what a file expects may explore it under any revision.
    vec![wanted]
}

/// Why a race was not explored.
pub(super) enum Failure {
    Halt(RaceHalt),
    Write(PathBuf, io::Error),
}

impl From<RaceHalt> for Failure {
    fn from(halt: RaceHalt) -> Self {
        Self::Halt(halt)
    }
}

impl Failure {
    /// Says why, and how bad that is.
    pub(super) fn print(&self, subject: &Subject, revision: RevisionName) -> Exit {
        match self {
            Self::Halt(halt) => {
                streams::error(format_args!("{}, {revision}: {halt}", subject.file.display()));
                match halt {
                    RaceHalt::NoRace(_) => Exit::Usage,
                    RaceHalt::Device(_) | RaceHalt::Before { .. } => Exit::InvalidScenario,
                    RaceHalt::Surprise(_) | RaceHalt::NotPossible(_) | RaceHalt::Endless(_) => Exit::Failed,
                }
            }
            Self::Write(file, error) => {
                streams::error(format_args!("{}: {error}", file.display()));
                Exit::Internal
            }
        }
    }
}
