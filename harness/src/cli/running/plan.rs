//! What a `run` is about to do: the runs that are asked for, and the cases that are wrong before anything runs.

use crate::cli::exit::Exit;
use crate::cli::job::{Backend, Job};
use crate::cli::library;
use crate::cli::run_arguments::{RevisionChoice, RunArguments};
use crate::cli::running::failures::{Failed, Failures};
use crate::cli::running::snapshots;
use crate::cli::selection::{Refused, jobs, linux_jobs, read};
use crate::cli::showing::nothing_selected;
use crate::cli::streams;
use crate::record::{Failure, RunResult};
use crate::report::case::EVERY_REVISION;
use driver::RevisionName;
use std::io;
use std::path::{Path, PathBuf};

/// One line of every report.
#[derive(Clone, Debug)]
pub(super) enum Case {
    /// A run.
    Run(Job),
    /// Something that is wrong without any run.
    Wrong(Box<RunResult>),
}

impl Case {
    /// The file it is about.
    pub(super) fn file(&self) -> &Path {
        match self {
            Self::Run(job) => &job.loaded.file,
            Self::Wrong(result) => Path::new(&result.file),
        }
    }

    /// The scenario's name.
    pub(super) fn scenario(&self) -> &str {
        match self {
            Self::Run(job) => &job.loaded.scenario.name,
            Self::Wrong(result) => &result.scenario,
        }
    }
}

impl From<&Case> for Failed {
    /// What is remembered of it, should it fail.
    fn from(case: &Case) -> Self {
        match case {
            Case::Run(job) => Self::new(&job.loaded.file, &job.backend.to_string(), &job.driver()),
            Case::Wrong(result) => Self::new(Path::new(&result.file), &result.backend, &result.revision),
        }
    }
}

/// Every case of a selection, in the order of the reports; or why there is none.
pub(super) fn plan(arguments: &RunArguments, failures: &Failures) -> Result<Vec<Case>, Exit> {
    sensible(arguments)?;
    let paths = paths(arguments, failures)?;
    let reading = match read(&paths, &arguments.filter) {
        Ok(reading) => reading,
        Err(error) => return refuse(Exit::Usage, &error.to_string()),
    };
    let jobs = if arguments.backend == Backend::Linux {
        let builds = match arguments.kit.builds() {
            Ok(builds) => builds,
            Err(error) => return refuse(Exit::Usage, &error.to_string()),
        };
        linux_jobs(
            &reading.scenarios,
            arguments.expect.revision(),
            arguments.partition,
            &builds,
        )
    } else {
        jobs(
            &reading.scenarios,
            arguments.backend,
            revision(arguments.revision),
            arguments.partition,
        )
    };
    let in_part = |refused: &&Refused| {
        let name = refused.qualified_name();
        arguments
            .partition
            .is_none_or(|partition| partition.contains(&name))
    };
    let refused: Vec<&Refused> = reading.errors.iter().filter(in_part).collect();
    if jobs.is_empty() && refused.is_empty() {
        let what = "no scenario and revision is selected";
        return refuse(
            Exit::NothingSelected,
            &nothing_selected(what, &arguments.filter, &reading),
        );
    }
    if jobs.len() > 1 && arguments.commands.as_ref().is_some_and(|path| !path.is_dir()) {
        let message = format!(
            "a file holds the stream of one run, and {} are selected; name one scenario and one --revision, or a folder that is there",
            jobs.len()
        );
        return refuse(Exit::Usage, &message);
    }
    let stale = match snapshots::stale(arguments, &reading, &jobs) {
        Ok(stale) => stale,
        Err(error) => vec![of_folder(arguments, &error)],
    };
    let mut cases: Vec<Case> = Vec::new();
    for refused in refused {
        refused.print();
        cases.push(Case::Wrong(Box::new(of_refused(refused, arguments))));
    }
    cases.extend(jobs.into_iter().map(Case::Run));
    cases.extend(stale.into_iter().map(|result| Case::Wrong(Box::new(result))));
    if arguments.failed {
        cases.retain(|case| failures.has(&case.into()));
        if cases.is_empty() {
            return refuse(Exit::NothingSelected, NOTHING_FAILED);
        }
    }
    Ok(cases)
}

/// What is said where `--failed` finds nothing.
const NOTHING_FAILED: &str = "of what is selected nothing failed when it was last run from this folder";

/// The paths that are meant: with `--failed` and no path, wherever something failed.
fn paths(arguments: &RunArguments, failures: &Failures) -> Result<Vec<PathBuf>, Exit> {
    if !arguments.failed || arguments.paths != [Path::new(library::FOLDER)] {
        return Ok(arguments.paths.clone());
    }
    let files = failures.files(arguments.backend);
    if files.is_empty() {
        return refuse(Exit::NothingSelected, NOTHING_FAILED);
    }
    Ok(files)
}

fn refuse<T>(exit: Exit, message: &str) -> Result<T, Exit> {
    streams::error(message);
    Err(exit)
}

/// Refuses what makes no sense on the backend that is chosen.
fn sensible(arguments: &RunArguments) -> Result<(), Exit> {
    let socket = &arguments.socket;
    let because = match arguments.backend {
        Backend::Inproc | Backend::Guest | Backend::Linux
            if socket.wall_time || socket.socket_dir.is_some() =>
        {
            "--wall-time and --socket-dir are for --backend socket"
        }
        Backend::Socket | Backend::Guest if arguments.accept => {
            "what sockets show cannot be accepted: files say what a run in this process shows"
        }
        Backend::Socket | Backend::Guest if arguments.record.is_some() => {
            "a run over sockets is not recorded: record the one in this process, which is the same"
        }
        Backend::Socket
            if socket.socket_dir.is_some() && arguments.jobs.is_some_and(|jobs| jobs.get() > 1) =>
        {
            "one server plays one run at a time; without --socket-dir each of the jobs has its own"
        }
        Backend::Linux if arguments.accept => {
            "what Linux shows cannot be accepted: files say what our own drivers do"
        }
        Backend::Linux if arguments.revision != RevisionChoice::All => {
            "--revision chooses among our own drivers; --expect says by which of them Linux is judged"
        }
        Backend::Linux if arguments.record.is_some() => {
            "a run on Linux cannot be recorded: nobody chooses its schedule"
        }
        Backend::Inproc | Backend::Socket | Backend::Guest | Backend::Linux => return Ok(()),
    };
    refuse(Exit::Usage, because)
}

fn revision(choice: RevisionChoice) -> Option<RevisionName> {
    match choice {
        RevisionChoice::All => None,
        RevisionChoice::Reviewed => Some(RevisionName::Reviewed),
        RevisionChoice::Merged => Some(RevisionName::Merged),
        RevisionChoice::Robust => Some(RevisionName::Robust),
    }
}

/// The error of a folder of snapshots that cannot be looked through.
fn of_folder(arguments: &RunArguments, error: &io::Error) -> RunResult {
    let folder = arguments.snapshots.as_deref().unwrap_or(Path::new(""));
    let mut result = RunResult::unrun("snapshots", &folder.display().to_string(), EVERY_REVISION);
    result.backend = arguments.backend.to_string();
    result.fail(Failure::Internal, error.to_string());
    result
}

/// The error that stands for all runs of a file that yields no scenario.
fn of_refused(refused: &Refused, arguments: &RunArguments) -> RunResult {
    let stem = refused.file.file_stem().unwrap_or_default().to_string_lossy();
    let revision = match (arguments.backend, revision(arguments.revision)) {
        (Backend::Linux, _) => Backend::Linux.to_string(),
        (Backend::Inproc | Backend::Socket | Backend::Guest, Some(revision)) => revision.to_string(),
        (Backend::Inproc | Backend::Socket | Backend::Guest, None) => EVERY_REVISION.to_owned(),
    };
    let mut result = RunResult::unrun(&stem, &refused.file.display().to_string(), &revision);
    result.backend = arguments.backend.to_string();
    result.replay = format!("mlx5-cosim check {}", crate::cli::backend::quoted(&result.file));
    result.fail(Failure::Invalid, refused.why.to_string());
    result
}
