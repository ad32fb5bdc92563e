//! Runs a job where its driver runs.

use crate::cli::job::Job;
use crate::play::{RunOptions, run_scenario};
use crate::record::result::RunResult;
use crate::stage::guest::{GuestBackend, GuestError};
use crate::stage::linux::{BackendError, LinuxBackend};
use crate::stage::news::NewsListener;
use crate::stage::socket::server::Time;
use crate::stage::socket::{SocketBackend, SocketError};
use driver::RevisionName;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// A run ended in a panic: a defect of the tool, not of a driver.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{run}: the tool itself failed: {message}")]
pub struct Panicked {
    /// Which run.
    pub run: String,
    /// What the panic said.
    pub message: String,
}

/// Runs a job with driver and device in this process.
///
/// # Errors
/// [`Panicked`] where the tool itself failed.
pub fn run_in_process(job: &Job, options: &RunOptions) -> Result<RunResult, Panicked> {
    let Job { loaded, revision, .. } = job;
    let span = tracing::info_span!("run", scenario = %loaded.scenario.name, %revision);
    let _guard = span.enter();
    let file = loaded.file.display().to_string();
    let run = || run_scenario(&loaded.scenario, &file, *revision, options);
    let mut result = catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let message = text
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without words");
        Panicked {
            run: job.name(),
            message: message.to_owned(),
        }
    })?;
    result.replay = replay_line(&loaded.file, *revision, options.seed);
    Ok(result)
}

/// Runs a job with the driver in this process and the device behind sockets.
///
/// # Errors
/// Where there is no server, or it is lost for a reason that is not the driver's.
pub fn run_over_sockets(
    job: &Job,
    sockets: &mut SocketBackend,
    options: &RunOptions,
    news: &dyn NewsListener,
) -> Result<RunResult, SocketError> {
    let Job { loaded, revision, .. } = job;
    let span = tracing::info_span!("run", scenario = %loaded.scenario.name, %revision);
    let _guard = span.enter();
    let file = loaded.file.display().to_string();
    let mut result = sockets.run(&loaded.scenario, &file, *revision, options, news)?;
    let wall = match sockets.time() {
        Time::Virtual => "",
        Time::Wall => " --wall-time",
    };
    let line = replay_line(&loaded.file, *revision, options.seed);
    result.replay = format!("{line} --backend socket{wall}");
    Ok(result)
}

/// Runs a job with our driver in a guest.
///
/// # Errors
/// Where no guest boots, or it is lost for a reason that is not the driver's.
pub fn run_in_guest(
    job: &Job,
    guests: &mut GuestBackend,
    options: &RunOptions,
    news: &dyn NewsListener,
) -> Result<RunResult, GuestError> {
    let Job { loaded, revision, .. } = job;
    let span = tracing::info_span!("run", scenario = %loaded.scenario.name, %revision);
    let _guard = span.enter();
    let file = loaded.file.display().to_string();
    let mut result = guests.run(&loaded.scenario, &file, *revision, options, news)?;
    let line = replay_line(&loaded.file, *revision, options.seed);
    result.replay = format!("{line} --backend guest");
    Ok(result)
}

/// Runs a job with the Linux driver in a guest; `seed` decides what firmware draws, and boots are told to `news`.
///
/// # Errors
/// Where no guest boots.
pub fn run_on_linux(
    job: &Job,
    linux: &mut LinuxBackend,
    seed: Option<u64>,
    news: &dyn NewsListener,
) -> Result<RunResult, BackendError> {
    let loaded = &job.loaded;
    let span = tracing::info_span!("run", scenario = %loaded.scenario.name, revision = "linux");
    let _guard = span.enter();
    let mut result = linux.run(&loaded.scenario, &loaded.file.display().to_string(), seed, news)?;
    let file = quoted(&loaded.file.display().to_string());
    let seed = seed.map_or_else(String::new, |seed| format!(" --seed {seed}"));
    let judge = match job.revision {
        RevisionName::Merged => String::new(),
        other => format!(" --expect {other}"),
    };
    let words = job.build.as_ref().map_or("", |build| &build.words);
    result.revision = job.driver();
    result.replay = format!("cargo run --release -- run {file} --backend linux{seed}{judge}{words}");
    Ok(result)
}

/// The command line that repeats a run, from the root of the project.
#[must_use]
pub fn replay_line(file: &Path, revision: RevisionName, seed: Option<u64>) -> String {
    let file = quoted(&file.display().to_string());
    let seed = seed.map_or_else(String::new, |seed| format!(" --seed {seed}"));
    format!("cargo run --release -- run {file} --revision {revision}{seed}")
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_replay_line_survives_a_shell() {
        let line = replay_line(Path::new("my scenarios/it's.json"), RevisionName::Merged, Some(3));
        assert_eq!(
            line,
            r"cargo run --release -- run 'my scenarios/it'\''s.json' --revision merged --seed 3"
        );
    }
}
