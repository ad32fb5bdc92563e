//! `snapshots review`: runs the selection and walks through what differs from its snapshots, one by one.

mod change;
mod dialogue;

use crate::cli::backend::run_in_process;
use crate::cli::crew::{self, Team};
use crate::cli::exit::Exit;
use crate::cli::filter::Filter;
use crate::cli::job::{Backend, Job};
use crate::cli::library;
use crate::cli::selection::{Refused, jobs, read};
use crate::cli::showing::nothing_selected;
use crate::cli::snapshot_folder::{SnapshotFolder, Verdict};
use crate::cli::streams;
use crate::play::RunOptions;
use crate::record::Outcome;
use crate::report::canonical::canonical_text;
use change::{Change, Changed};
use clap::{Args, Subcommand};
use dialogue::{Answer, Dialogue};
use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread::available_parallelism;

/// What is done with snapshots.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum SnapshotVerb {
    /// Run scenarios and walk through what differs from their snapshots, one by one: accept, reject, skip.
    Review(ReviewedSnapshots),
}

/// What `snapshots review` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct ReviewedSnapshots {
    /// Scenario files or folders, or names as `list` prints them.
    #[arg(default_value = library::FOLDER)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    filter: Filter,
    /// The folder of the snapshots.
    #[arg(long, value_name = "DIR", default_value = "snapshots")]
    snapshots: PathBuf,
}

/// What became of the changes.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    skipped: usize,
}

pub(super) fn carry_out(verb: &SnapshotVerb) -> Exit {
    match verb {
        SnapshotVerb::Review(arguments) => review(arguments),
    }
}

fn review(arguments: &ReviewedSnapshots) -> Exit {
    let reading = match read(&arguments.paths, &arguments.filter) {
        Ok(reading) => reading,
        Err(error) => {
            streams::error(error);
            return Exit::Usage;
        }
    };
    reading.errors.iter().for_each(Refused::print);
    let mut worst = match reading.errors.as_slice() {
        [] => Exit::AsExpected,
        _ => Exit::InvalidScenario,
    };
    let jobs = jobs(&reading.scenarios, Backend::Inproc, None, None);
    if jobs.is_empty() && reading.errors.is_empty() {
        let what = "no scenario is selected";
        streams::error(nothing_selected(what, &arguments.filter, &reading));
        return Exit::NothingSelected;
    }
    let folder = SnapshotFolder::new(&arguments.snapshots, true);
    let mut changes = Vec::new();
    for found in compared(&jobs, &folder) {
        match found {
            Ok(change) => changes.extend(change),
            Err(exit) => worst = worst.max(exit),
        }
    }
    // Only a selection of whole folders knows what belongs to no run.
    if arguments.filter.is_empty() {
        match folder.stale(&arguments.paths, &reading, &jobs) {
            Ok(stale) => changes.extend(stale.into_iter().map(|name| Change {
                name,
                what: Changed::Stale,
            })),
            Err(error) => {
                streams::error(error);
                worst = worst.max(Exit::Internal);
            }
        }
    }
    let number = changes.len();
    if number == 0 {
        streams::out(format_args!("{} runs are as their snapshots say\n", jobs.len()));
        return worst;
    }
    match walk_through(&folder, &changes) {
        Ok(tally) => {
            streams::out(format_args!(
                "{number} changes: {} accepted, {} rejected, {} skipped\n",
                tally.accepted, tally.rejected, tally.skipped
            ));
            if tally.accepted < number {
                worst = worst.max(Exit::Differs);
            }
            worst
        }
        Err(error) => {
            streams::error(error);
            worst.max(Exit::Internal)
        }
    }
}

/// Runs every job and holds it against its snapshot; what cannot be run or read is told.
fn compared(jobs: &[Job], folder: &SnapshotFolder) -> Vec<Result<Option<Change>, Exit>> {
    let mut all = Vec::with_capacity(jobs.len());
    let workers = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    crew::in_order(
        jobs,
        Team::of(workers),
        || (),
        |(), job| compare(job, folder),
        |_, change| {
            all.push(change);
            ControlFlow::Continue(())
        },
    );
    all
}

fn compare(job: &Job, folder: &SnapshotFolder) -> Result<Option<Change>, Exit> {
    let told = |error: &dyn std::error::Error| {
        streams::error(error);
        Exit::Internal
    };
    let result = run_in_process(job, &RunOptions::default()).map_err(|error| told(&error))?;
    if result.outcome == Outcome::Skip || result.is_error() {
        let why = result.reason.as_deref().unwrap_or_default();
        streams::error(format_args!("{}: {why}", job.name()));
        return Err(result.failure().map_or(Exit::AsExpected, Exit::from));
    }
    let (name, text) = (job.file_name(), canonical_text(&result));
    let what = match folder.compare(&name, &text).map_err(|error| told(&error))? {
        Verdict::Same | Verdict::Written => return Ok(None),
        Verdict::Missing => Changed::New { text },
        Verdict::Different(difference) => Changed::Different { text, difference },
    };
    Ok(Some(Change { name, what }))
}

/// Asks about one change after the other and does what is answered.
fn walk_through(folder: &SnapshotFolder, changes: &[Change]) -> io::Result<Tally> {
    let mut dialogue = Dialogue::on_stdin();
    let mut tally = Tally::default();
    for (place, change) in changes.iter().enumerate() {
        let head = format!(
            "{} of {}: {}",
            place + 1,
            changes.len(),
            folder.file(&change.name).display()
        );
        match dialogue.ask(&head, change)? {
            Answer::Accept => {
                accept(folder, change)?;
                tally.accepted += 1;
            }
            Answer::Reject => {
                folder.drop_pending(&change.name)?;
                tally.rejected += 1;
            }
            Answer::Skip => tally.skipped += 1,
            Answer::Quit => {
                tally.skipped += changes.len() - place;
                break;
            }
        }
    }
    Ok(tally)
}

fn accept(folder: &SnapshotFolder, change: &Change) -> io::Result<()> {
    match &change.what {
        Changed::New { text } | Changed::Different { text, .. } => folder.write(&change.name, text)?,
        Changed::Stale => folder.remove(&change.name)?,
    }
    folder.drop_pending(&change.name)
}
