//! What a run leaves behind when asked: an artifact for `replay`, the command stream.

use crate::cli::artifact::Artifact;
use crate::cli::job::Job;
use crate::record::result::RunResult;
use std::fs;
use std::io;
use std::path::Path;

/// Writes the run's artifact into `folder`.
pub(super) fn record(folder: &Path, job: &Job, result: &RunResult) -> io::Result<()> {
    fs::create_dir_all(folder)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", folder.display())))?;
    let seed = result
        .seed
        .map_or_else(String::new, |seed| format!("-seed-{seed}"));
    let file = folder.join(format!("{}{seed}.run.json", job.file_name()));
    Artifact::of(&job.loaded.scenario, job.revision, result).write(&file)
}

/// Writes the run's command stream, one JSON object per line: into a file of its own where `path` is a folder.
pub(super) fn write_commands(path: &Path, job: &Job, result: &RunResult) -> io::Result<()> {
    let file = if path.is_dir() {
        path.join(format!("{}.jsonl", job.file_name()))
    } else {
        path.to_owned()
    };
    let mut lines = String::new();
    for command in &result.commands {
        lines.push_str(&serde_json::to_string(command)?);
        lines.push('\n');
    }
    Ok(files::write(&file, &lines)?)
}
