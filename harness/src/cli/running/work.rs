//! What a worker does for a case: runs it, and keeps of it what is asked for.

use crate::cli::backend::run_in_process;
use crate::cli::job::{Job, Loaded};
use crate::cli::library;
use crate::cli::place::{Place, Ran, unrun};
use crate::cli::recording;
use crate::cli::run_arguments::RunArguments;
use crate::cli::running::accepting::{Accepted, accept};
use crate::cli::running::plan::Case;
use crate::cli::running::snapshots;
use crate::cli::snapshot_folder::SnapshotFolder;
use crate::judge::location::Locations;
use crate::play::RunOptions;
use crate::record::{Failure, RunResult};
use crate::stage::news::NewsListener;
use std::io;
use std::sync::Arc;

/// What is to become of every run.
pub(super) struct Work<'a> {
    arguments: &'a RunArguments,
    snapshots: Option<SnapshotFolder>,
    news: &'a dyn NewsListener,
}

/// A case that a worker has done with.
pub(super) enum Done {
    /// It is to be reported.
    Case {
        result: Box<RunResult>,
        /// What was changed in files, for people.
        changed: String,
    },
    /// The user has ended the run.
    Interrupted,
}

impl From<RunResult> for Done {
    fn from(result: RunResult) -> Self {
        Self::Case {
            result: Box::new(result),
            changed: String::new(),
        }
    }
}

impl<'a> Work<'a> {
    pub(super) fn new(arguments: &'a RunArguments, news: &'a dyn NewsListener) -> Self {
        let snapshots = arguments.snapshots.as_ref();
        Self {
            arguments,
            snapshots: snapshots.map(|folder| SnapshotFolder::new(folder, arguments.update)),
            news,
        }
    }

    /// Does what is to be done for a case.
    pub(super) fn done(&self, place: &mut Place, case: &Case) -> Done {
        match case {
            Case::Wrong(result) => (**result).clone().into(),
            Case::Run(job) if self.arguments.accept => self.run_and_accept(job),
            Case::Run(job) => {
                match place.run(job, self.arguments.seed, self.arguments.output.keep(), self.news) {
                    Ran::Run(mut result) => {
                        self.keep(job, &mut result);
                        (*result).into()
                    }
                    Ran::Unrun(result) => (*result).into(),
                    Ran::Interrupted => Done::Interrupted,
                }
            }
        }
    }

    fn options(&self) -> RunOptions {
        RunOptions {
            keep: self.arguments.output.keep(),
            ..RunOptions::default()
        }
    }

    /// Runs a job from its file as it is by now, and accepts what it shows.
    fn run_and_accept(&self, job: &Job) -> Done {
        let loaded = match library::read(&job.loaded.file) {
            Ok(scenario) => Loaded {
                file: job.loaded.file.clone(),
                scenario,
            },
            Err(error) => return unrun(job, Failure::Invalid, &error.to_string()).into(),
        };
        let job = Job {
            loaded: Arc::new(loaded),
            ..job.clone()
        };
        let result = match run_in_process(&job, &self.options()) {
            Ok(result) => result,
            Err(error) => return unrun(&job, Failure::Internal, &error.to_string()).into(),
        };
        let Accepted { mut result, shown } = accept(&job, result, self.arguments.snapshots.as_deref());
        self.keep(&job, &mut result);
        Done::Case {
            result: Box::new(result),
            changed: shown,
        }
    }

    /// Keeps what is asked for, and says where in the file what failed is expected.
    fn keep(&self, job: &Job, result: &mut RunResult) {
        if let Err(error) = self.write(job, result) {
            result.fail(Failure::Internal, error.to_string());
        }
        if result.mismatches.is_empty() {
            return;
        }
        let text = library::text(&job.loaded.file).unwrap_or_default();
        if let Some(locations) = Locations::of(&text) {
            locations.locate(result, job.revision);
        }
    }

    fn write(&self, job: &Job, result: &mut RunResult) -> io::Result<()> {
        if let Some(folder) = &self.arguments.record {
            recording::record(folder, job, result)?;
        }
        if let Some(file) = &self.arguments.commands {
            recording::write_commands(file, job, result)?;
        }
        match &self.snapshots {
            Some(folder) => snapshots::visit(folder, job, result),
            None => Ok(()),
        }
    }
}
