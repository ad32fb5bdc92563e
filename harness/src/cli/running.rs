//! `run`: selects, runs, reports.

mod accepting;
mod output;
mod plan;
mod snapshots;

use crate::cli::backend::{run_in_process, run_on_linux};
use crate::cli::exit::Exit;
use crate::cli::job::{Backend, Job, Loaded};
use crate::cli::library;
use crate::cli::recording;
use crate::cli::setup;
use crate::cli::signals::EndSignals;
use crate::cli::snapshot_folder::SnapshotFolder;
use crate::cli::streams;
use crate::cli::{Format, RunArguments};
use crate::linux::guest::GuestError;
use crate::linux::{BackendError, LinuxBackend};
use crate::run::location::Locations;
use crate::run::{Failure, RunOptions, RunResult};
use crate::text::printable::one_line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use output::Output;
use plan::{Case, plan};
use std::io::{self, IsTerminal};
use std::rc::Rc;
use std::time::Duration;

pub(super) fn run(arguments: &RunArguments, verbose: bool) -> Exit {
    let cases = match plan(arguments) {
        Ok(cases) => cases,
        Err(exit) => return exit,
    };
    let mut session = Session::new(arguments, &cases, verbose);
    for (index, case) in cases.iter().enumerate() {
        let last_of_file = cases.get(index + 1).is_none_or(|next| next.file() != case.file());
        session.take(case, last_of_file);
        if session.worst == Exit::Interrupted || streams::out_is_closed() {
            break;
        }
    }
    session.finish(cases.len())
}

/// Guests in a row that may fail before nobody tries another.
const FAILING_GUESTS: u32 = 3;

/// Where the runs of a session happen.
enum Place {
    InProcess,
    Linux {
        backend: Box<LinuxBackend>,
        /// Guests that have failed since one served to its end.
        failing: u32,
    },
    /// There is no place, and why.
    Nowhere(String),
}

impl Place {
    fn of(arguments: &RunArguments) -> Self {
        if arguments.backend == Backend::Inproc {
            return Self::InProcess;
        }
        let linux = || -> Result<LinuxBackend, BackendError> {
            let expected = arguments.expect.revision();
            let mut linux = LinuxBackend::new(&arguments.kit.options(), expected, arguments.full)?;
            linux.interrupt_by(EndSignals::listen()?.into());
            streams::note(linux.describe());
            Ok(linux)
        };
        match linux() {
            Ok(backend) => Self::Linux {
                backend: Box::new(backend),
                failing: 0,
            },
            Err(error) => {
                report_backend(&error);
                Self::Nowhere(error.to_string())
            }
        }
    }
}

fn report_backend(error: &BackendError) {
    match error {
        BackendError::Kit(error) => setup::print(error),
        other => streams::error(other),
    }
}

/// Runs under way, with all that is to become of them.
struct Session<'a> {
    arguments: &'a RunArguments,
    output: Output,
    progress: ProgressBar,
    snapshots: Option<SnapshotFolder>,
    place: Place,
    worst: Exit,
}

impl<'a> Session<'a> {
    fn new(arguments: &'a RunArguments, cases: &[Case], verbose: bool) -> Self {
        let progress = ProgressBar::with_draw_target(Some(cases.len() as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}") {
            progress.set_style(style);
        }
        let snapshots = arguments.snapshots.as_ref();
        Self {
            arguments,
            output: Output::new(arguments.format, cases, verbose),
            progress,
            snapshots: snapshots.map(|folder| SnapshotFolder::new(folder, arguments.update)),
            place: Place::of(arguments),
            worst: Exit::AsExpected,
        }
    }

    /// Does what is to be done for a case and reports it.
    fn take(&mut self, case: &Case, last_of_file: bool) {
        // A bar is worth it only when somebody sits and waits.
        let waited = self.progress.elapsed() > Duration::from_secs(1);
        if waited && self.progress.is_hidden() && io::stderr().is_terminal() {
            self.progress.set_draw_target(ProgressDrawTarget::stderr());
        }
        let result = match case {
            Case::Run(job) => {
                self.progress.set_message(one_line(&job.name()).into_owned());
                self.run(job)
            }
            Case::Wrong(result) => Some((**result).clone()),
        };
        if let Some(result) = result {
            if let Some(failure) = result.failure() {
                self.worst = self.worst.max(failure.into());
            }
            let words = self.output.result(case, result, last_of_file);
            self.progress.suspend(|| streams::out(words));
        }
        self.progress.inc(1);
    }

    /// Runs a job and keeps what is to be kept. `None` where the user has ended it.
    fn run(&mut self, job: &Job) -> Option<RunResult> {
        if self.arguments.accept {
            return Some(self.run_and_accept(job));
        }
        let mut result = match &mut self.place {
            Place::InProcess => {
                let options = RunOptions {
                    seed: self.arguments.seed,
                    ..RunOptions::default()
                };
                match run_in_process(job, &options) {
                    Ok(result) => result,
                    Err(error) => unrun(job, Failure::Internal, &error.to_string()),
                }
            }
            Place::Nowhere(why) => return Some(unrun(job, Failure::Backend, why)),
            Place::Linux { failing, .. } if *failing >= FAILING_GUESTS => {
                let why = format!("not tried: {FAILING_GUESTS} guests in a row have failed");
                return Some(unrun(job, Failure::Backend, &why));
            }
            Place::Linux { backend, failing } => match run_on_linux(job, backend, self.arguments.seed) {
                Ok(result) => {
                    *failing = 0;
                    result
                }
                Err(BackendError::Guest(GuestError::Interrupted)) => {
                    self.worst = Exit::Interrupted;
                    return None;
                }
                Err(error) => {
                    *failing += 1;
                    self.progress.suspend(|| report_backend(&error));
                    return Some(unrun(job, Failure::Backend, &error.to_string()));
                }
            },
        };
        self.keep(job, &mut result);
        Some(result)
    }

    /// Runs a job from its file as it is by now, and accepts what it shows.
    fn run_and_accept(&self, job: &Job) -> RunResult {
        let loaded = match library::read(&job.loaded.file) {
            Ok(scenario) => Loaded {
                file: job.loaded.file.clone(),
                scenario,
            },
            Err(error) => return unrun(job, Failure::Invalid, &error.to_string()),
        };
        let job = Job {
            loaded: Rc::new(loaded),
            ..job.clone()
        };
        let result = match run_in_process(&job, &RunOptions::default()) {
            Ok(result) => result,
            Err(error) => return unrun(&job, Failure::Internal, &error.to_string()),
        };
        let accepting::Accepted { mut result, shown } =
            accepting::accept(&job, result, self.arguments.snapshots.as_deref());
        if !shown.is_empty() {
            let show = || match self.arguments.format {
                Format::Human => streams::out(shown),
                Format::Json | Format::Junit | Format::Ktap => streams::err(shown),
            };
            self.progress.suspend(show);
        }
        self.keep(&job, &mut result);
        result
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

    fn finish(self, cases: usize) -> Exit {
        self.progress.finish_and_clear();
        let skipped = match self.output.finish() {
            Ok(skipped) => skipped,
            Err(error) => {
                streams::error(&error);
                return Exit::Internal;
            }
        };
        if self.worst == Exit::AsExpected && skipped == cases {
            Exit::AllSkipped
        } else {
            self.worst
        }
    }
}

/// The result of a job that could not be run.
fn unrun(job: &Job, failure: Failure, why: &str) -> RunResult {
    let file = job.loaded.file.display().to_string();
    let mut result = RunResult::unrun(&job.loaded.scenario.name, &file, &job.driver());
    result.backend = job.backend.to_string();
    result.fail(failure, why);
    result
}
