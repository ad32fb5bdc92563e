//! `run`: selects, runs, reports.

mod output;

use crate::cli::backend::{Backend, run_in_process, run_on_linux};
use crate::cli::diagnostic;
use crate::cli::exit::Exit;
use crate::cli::recording;
use crate::cli::selection::{Job, jobs, linux_jobs, qualified_name, read};
use crate::cli::setup;
use crate::cli::signals::EndSignals;
use crate::cli::snapshot_folder::{SnapshotFolder, Verdict};
use crate::cli::streams;
use crate::cli::{RevisionChoice, RunArguments};
use crate::linux::guest::GuestError;
use crate::linux::{BackendError, LinuxBackend};
use crate::report::canonical::canonical_text;
use crate::run::result::{Outcome, RunResult};
use crate::run::{BUDGET_EXCEEDED, RunOptions};
use driver::RevisionName;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use output::Output;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::time::Duration;

pub(super) fn run(arguments: &RunArguments, verbose: bool) -> Exit {
    let jobs = match selected(arguments) {
        Ok(jobs) => jobs,
        Err(exit) => return exit,
    };
    let linux = match linux_backend(arguments) {
        Ok(linux) => linux,
        Err(error) => {
            report_backend(&error);
            return Exit::Backend;
        }
    };
    let mut session = Session::new(arguments, &jobs, verbose, linux);
    for (index, job) in jobs.iter().enumerate() {
        let last_of_scenario = jobs
            .get(index + 1)
            .is_none_or(|next| next.loaded.file != job.loaded.file);
        if let Err(error) = session.run(job, last_of_scenario) {
            streams::error(&error);
            return Exit::Internal;
        }
        if session.ends_early() {
            break;
        }
    }
    session.finish(jobs.len()).unwrap_or_else(|error| {
        streams::error(&error);
        Exit::Internal
    })
}

/// The backend for Linux, where it is asked for.
fn linux_backend(arguments: &RunArguments) -> Result<Option<LinuxBackend>, BackendError> {
    if arguments.backend != Backend::Linux {
        return Ok(None);
    }
    let mut linux = LinuxBackend::new(
        &arguments.kit.options(),
        arguments.expect.revision(),
        arguments.full,
    )?;
    linux.interrupt_by(EndSignals::listen()?.into());
    streams::note(linux.describe());
    Ok(Some(linux))
}

fn report_backend(error: &BackendError) {
    match error {
        BackendError::Kit(error) => setup::print(error),
        other => streams::error(other),
    }
}

/// The runs that are asked for, or why there are none.
fn selected(arguments: &RunArguments) -> Result<Vec<Job>, Exit> {
    let refuse = |exit: Exit, message: &str| {
        streams::error(message);
        Err(exit)
    };
    if arguments.trace.is_some() {
        return refuse(
            Exit::Usage,
            "--trace is not there yet: this build writes no Perfetto traces",
        );
    }
    if arguments.backend == Backend::Linux {
        if arguments.revision != RevisionChoice::All {
            return refuse(
                Exit::Usage,
                "--revision chooses among our own drivers; --expect says by which of them Linux is judged",
            );
        }
        if arguments.record.is_some() {
            return refuse(
                Exit::Usage,
                "a run on Linux cannot be recorded: nobody chooses its schedule",
            );
        }
    }
    if !arguments.backend.is_built() {
        let message = format!(
            "this build has no backend `{}`; it has `inproc` and `linux`",
            arguments.backend
        );
        return refuse(Exit::Backend, &message);
    }
    let reading = match read(&arguments.paths, arguments.filter.as_deref()) {
        Ok(reading) => reading,
        Err(error) => return refuse(Exit::Usage, &error.to_string()),
    };
    if !reading.errors.is_empty() {
        reading.errors.iter().for_each(diagnostic::print);
        return refuse(
            Exit::InvalidScenario,
            "nothing was run, because not every scenario is valid",
        );
    }
    let revision = match arguments.revision {
        RevisionChoice::All => None,
        RevisionChoice::Reviewed => Some(RevisionName::Reviewed),
        RevisionChoice::Merged => Some(RevisionName::Merged),
        RevisionChoice::Robust => Some(RevisionName::Robust),
    };
    let jobs = if arguments.backend == Backend::Linux {
        linux_jobs(
            &reading.scenarios,
            arguments.expect.revision(),
            arguments.partition,
        )
    } else {
        jobs(&reading.scenarios, revision, arguments.partition)
    };
    if jobs.is_empty() {
        return refuse(Exit::NothingSelected, "no scenario and revision is selected");
    }
    if jobs.len() != 1 && arguments.commands.as_ref().is_some_and(|path| !path.is_dir()) {
        let message = format!(
            "a file holds the stream of one run, and {} are selected; name one scenario and one --revision, or a folder that is there",
            jobs.len()
        );
        return refuse(Exit::Usage, &message);
    }
    Ok(jobs)
}

/// Runs under way, with all that is to become of them.
struct Session<'a> {
    arguments: &'a RunArguments,
    output: Output,
    progress: ProgressBar,
    snapshots: Option<SnapshotFolder>,
    snapshots_differ: bool,
    tool_failed: bool,
    failed: bool,
    over_budget: bool,
    backend_failed: bool,
    interrupted: bool,
    linux: Option<LinuxBackend>,
    folders: BTreeSet<String>,
}

impl<'a> Session<'a> {
    fn new(arguments: &'a RunArguments, jobs: &[Job], verbose: bool, linux: Option<LinuxBackend>) -> Self {
        let progress = ProgressBar::with_draw_target(Some(jobs.len() as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}") {
            progress.set_style(style);
        }
        let snapshots = arguments.snapshots.as_ref();
        Self {
            arguments,
            output: Output::new(arguments.format, jobs, verbose),
            progress,
            snapshots: snapshots.map(|folder| SnapshotFolder::new(folder, arguments.update)),
            snapshots_differ: false,
            tool_failed: false,
            failed: false,
            over_budget: false,
            backend_failed: false,
            interrupted: false,
            linux,
            folders: BTreeSet::new(),
        }
    }

    fn run(&mut self, job: &Job, last_of_scenario: bool) -> io::Result<()> {
        // A bar is worth it only when somebody sits and waits.
        let waited = self.progress.elapsed() > Duration::from_secs(1);
        if waited && self.progress.is_hidden() && io::stderr().is_terminal() {
            self.progress.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.progress.set_message(job.name());
        if let Some(linux) = &mut self.linux {
            match run_on_linux(job, linux, self.arguments.seed) {
                Ok(result) => self.keep(job, result, last_of_scenario)?,
                Err(BackendError::Guest(GuestError::Interrupted)) => self.interrupted = true,
                Err(error) => {
                    self.backend_failed = true;
                    self.progress.suspend(|| report_backend(&error));
                }
            }
            self.progress.inc(1);
            return Ok(());
        }
        let options = RunOptions {
            seed: self.arguments.seed,
            ..RunOptions::default()
        };
        match run_in_process(job, &options) {
            Ok(result) => self.keep(job, result, last_of_scenario)?,
            Err(error) => {
                self.tool_failed = true;
                self.say(&format!("error: {error}\n"));
                self.output.close_scenario(last_of_scenario)?;
            }
        }
        self.progress.inc(1);
        Ok(())
    }

    fn keep(&mut self, job: &Job, result: RunResult, last_of_scenario: bool) -> io::Result<()> {
        if result.outcome == Outcome::Fail {
            let budget = result
                .reason
                .as_deref()
                .is_some_and(|reason| reason.starts_with(BUDGET_EXCEEDED));
            self.over_budget |= budget;
            self.failed |= !budget;
        }
        if let Some(folder) = &self.arguments.record {
            recording::record(folder, job, &result)?;
        }
        if let Some(file) = &self.arguments.commands {
            recording::write_commands(file, job, &result)?;
        }
        let compared = self.compare_snapshot(job, &result)?;
        let words = self.output.result(job, result, last_of_scenario)?;
        self.say(&words);
        self.say(&compared);
        Ok(())
    }

    /// Compares the run with its snapshot and says how.
    fn compare_snapshot(&mut self, job: &Job, result: &RunResult) -> io::Result<String> {
        let Some(snapshots) = &mut self.snapshots else {
            return Ok(String::new());
        };
        if result.outcome == Outcome::Skip {
            return Ok(String::new());
        }
        let text = match snapshots.visit(&job.file_name(), &canonical_text(result))? {
            Verdict::Same => return Ok(String::new()),
            Verdict::Written => return Ok(format!("      snapshot {} written\n", job.file_name())),
            Verdict::Missing => format!(
                "      there is no snapshot {}; --update writes it\n",
                job.file_name()
            ),
            Verdict::Different(lines) => format!("      the snapshot differs: {lines}"),
        };
        self.snapshots_differ = true;
        Ok(text)
    }

    fn say(&self, text: &str) {
        if !text.is_empty() {
            self.progress.suspend(|| streams::err(text));
        }
    }

    fn finish(mut self, runs: usize) -> io::Result<Exit> {
        self.progress.finish_and_clear();
        self.report_stale()?;
        let skipped = self.output.finish()?;
        Ok(if self.interrupted {
            Exit::Interrupted
        } else if self.tool_failed {
            Exit::Internal
        } else if self.backend_failed {
            Exit::Backend
        } else if self.failed {
            Exit::Failed
        } else if self.over_budget {
            Exit::Budget
        } else if self.snapshots_differ {
            Exit::Differs
        } else if skipped == runs {
            Exit::AllSkipped
        } else {
            Exit::AsExpected
        })
    }

    /// Whether what is left need not be tried.
    const fn ends_early(&self) -> bool {
        self.backend_failed || self.interrupted
    }

    /// Reports snapshots of runs that no longer exist. Only where everything below the paths has run.
    fn report_stale(&mut self) -> io::Result<()> {
        // A selection on Linux knows nothing of the snapshots of our own driver.
        let Some(snapshots) = self.snapshots.as_ref().filter(|_| self.linux.is_none()) else {
            return Ok(());
        };
        let RunArguments {
            revision,
            filter,
            partition,
            paths,
            ..
        } = self.arguments;
        if *revision != RevisionChoice::All || filter.is_some() || partition.is_some() {
            return Ok(());
        }
        for path in paths.iter().filter(|path| path.is_dir()) {
            let inside = qualified_name(&path.join("x.json"));
            self.folders
                .insert(inside.trim_end_matches('x').replace('/', "__"));
        }
        for prefix in &self.folders {
            for file in snapshots.stale(prefix)? {
                let what = if self.arguments.update {
                    "removed"
                } else {
                    "belongs to no run"
                };
                streams::note(format_args!("snapshot {} {what}", file.display()));
                self.snapshots_differ |= !self.arguments.update;
            }
        }
        Ok(())
    }
}
