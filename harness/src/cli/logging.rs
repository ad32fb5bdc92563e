//! The log on stderr: what the runner, the driver and the device say about themselves.

use crate::cli::streams;
use crate::report::palette::colour_on_stderr;
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Forms of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogForm {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Variable that selects events by hand, in the syntax of `tracing-subscriber`.
const SELECTION: &str = "MLX5_COSIM_LOG";

/// Starts the log. Without `-v` and `--log` only warnings of the tool itself are shown.
pub(super) fn start(verbose: u8, form: Option<LogForm>) {
    let level = match (verbose, form) {
        (0, None) => "error",
        (0 | 1, _) => "info",
        (2, _) => "debug",
        (_, _) => "trace",
    };
    let filter = EnvFilter::try_from_env(SELECTION).unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| streams::LogWriter);
    // The wall clock has no place in a run: lines carry virtual time where they carry any.
    let log = log.without_time();
    let started = match form {
        Some(LogForm::Json) => log.json().with_span_events(FmtSpan::CLOSE).try_init(),
        Some(LogForm::Text) | None => log.with_target(false).with_ansi(colour_on_stderr()).try_init(),
    };
    // Only a second log in the same process can fail here, and the first is as good.
    drop(started);
}
