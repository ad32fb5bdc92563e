//! Runs against their snapshots: each difference is a failure of its run, and a snapshot without a run is a case of its
//! own.

use crate::cli::job::{Backend, Job};
use crate::cli::run_arguments::{RevisionChoice, RunArguments};
use crate::cli::selection::Reading;
use crate::cli::snapshot_folder::{SnapshotFolder, Verdict};
use crate::cli::streams;
use crate::record::result::{Note, Outcome};
use crate::record::{Failure, RunResult};
use crate::report::canonical::canonical_text;
use std::io;

/// Compares a run with its snapshot, or writes it.
pub(super) fn visit(folder: &SnapshotFolder, job: &Job, result: &mut RunResult) -> io::Result<()> {
    // What nobody could judge has no books that are worth keeping.
    if result.outcome == Outcome::Skip || result.is_error() {
        return Ok(());
    }
    let name = job.file_name();
    match folder.visit(&name, &canonical_text(result))? {
        Verdict::Same => {}
        Verdict::Written => result.notes.push(Note {
            step: None,
            text: format!("the snapshot {name} is written"),
        }),
        Verdict::Missing => {
            result.fail(
                Failure::Snapshot,
                format!("there is no snapshot {name}; --update writes it"),
            );
        }
        Verdict::Different(difference) => {
            result.fail(
                Failure::Snapshot,
                format!("the run differs from the snapshot {name}"),
            );
            result.snapshot_difference = Some(difference);
        }
    }
    Ok(())
}

/// Snapshots of runs that no longer exist, each as a case; with `--update` they are removed instead. Only where
/// everything below the paths runs.
pub(super) fn stale(arguments: &RunArguments, reading: &Reading, jobs: &[Job]) -> io::Result<Vec<RunResult>> {
    let Some(folder) = &arguments.snapshots else {
        return Ok(Vec::new());
    };
    // A selection on Linux knows nothing of the snapshots of our own driver.
    let everything = arguments.backend == Backend::Inproc
        && arguments.revision == RevisionChoice::All
        && arguments.filter.is_empty()
        && !arguments.failed
        && arguments.partition.is_none();
    if !everything {
        return Ok(Vec::new());
    }
    let folder = SnapshotFolder::new(folder, arguments.update);
    let mut cases = Vec::new();
    for name in folder.stale(&arguments.paths, reading, jobs)? {
        let (stem, revision) = name.rsplit_once('@').unwrap_or((&name, ""));
        let file = folder.file(&name).display().to_string();
        let scenario = stem.rsplit("__").next().unwrap_or(stem);
        let mut result = RunResult::unrun(scenario, &file, revision);
        result.backend = Backend::Inproc.to_string();
        if folder.updates() {
            folder.remove(&name)?;
            streams::note(format_args!("snapshot {file} removed: it belongs to no run"));
            continue;
        }
        result.fail(
            Failure::Snapshot,
            format!("the snapshot {file} belongs to no run"),
        );
        cases.push(result);
    }
    Ok(cases)
}
