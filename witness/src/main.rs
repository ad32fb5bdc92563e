//! `cargo unseen`: what no test has seen.

use clap::Parser;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use witness::report;

/// Says which errors and invariants no test has ever seen.
#[derive(Parser)]
struct Arguments {
    /// The project's root.
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (text, code) = match report::of(&arguments.root) {
        Ok(report) if report.is_clean() => (report.to_string(), ExitCode::SUCCESS),
        Ok(report) => (report.to_string(), ExitCode::FAILURE),
        Err(error) => (format!("{error}\n"), ExitCode::FAILURE),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}
