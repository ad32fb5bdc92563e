//! `merge`: joins the outputs of parts into one verdict: of runs as JSON lines or JUnit, or what parts of a search found.

mod junit;
mod runs;
mod searches;

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::explore::account::Account;
use crate::report::json_lines::ResultLine;
use crate::text::reading::{LONGEST_RECORD, TextError, read_text};
use clap::Args;
use quick_junit::Report;
use std::path::{Path, PathBuf};

/// What `merge` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct MergeArguments {
    /// What parts wrote: `run --json FILE` or `--junit FILE`, or `explore --partition hash:M/N --states FILE`. All of one form.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Write runs that are joined into this file, in their own form.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What the same search wrote without `--partition`: the parts together have to come to the same states and ends.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

/// What stands in a file.
enum Part {
    Runs(Vec<ResultLine>),
    Junit(Report),
    Search(Vec<Account>),
}

/// All parts of one form.
enum Parts {
    Runs(Vec<runs::Part>),
    Junit(Vec<Report>),
    Search(Vec<Account>),
}

/// Why parts cannot be joined.
#[derive(Debug, thiserror::Error)]
enum MergeError {
    #[error("{}: {cause}", .file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        cause: TextError,
    },
    #[error("{}:{line}:{column}: neither a run as `run --json` writes it nor an account of a search: {cause}", .file.display())]
    Foreign {
        file: PathBuf,
        line: usize,
        column: usize,
        cause: String,
    },
    #[error("{}: no JUnit as `run --junit` writes it: {cause}", .file.display())]
    Xml { file: PathBuf, cause: String },
    #[error("{}: it has another form than the files before it; runs as JSON lines, runs as JUnit and searches are joined by themselves", .file.display())]
    OtherForm { file: PathBuf },
    #[error("--against is for parts of a search, and --output for runs")]
    Unfitting,
}

pub(super) fn merge(arguments: &MergeArguments) -> Exit {
    match merged(arguments) {
        Ok(exit) => exit,
        Err(error) => {
            streams::error(error);
            Exit::Usage
        }
    }
}

fn merged(arguments: &MergeArguments) -> Result<Exit, MergeError> {
    let output = arguments.output.as_deref();
    let parts = parts(&arguments.files)?;
    match parts {
        Parts::Search(_) if output.is_some() => Err(MergeError::Unfitting),
        Parts::Runs(_) | Parts::Junit(_) if arguments.against.is_some() => Err(MergeError::Unfitting),
        Parts::Runs(parts) => Ok(runs::merge(parts, output)),
        Parts::Junit(parts) => Ok(junit::merge(parts, output)),
        Parts::Search(accounts) => {
            let whole = match &arguments.against {
                None => None,
                Some(file) => match read(file)? {
                    Part::Search(accounts) => Some(accounts),
                    Part::Runs(_) | Part::Junit(_) => {
                        return Err(MergeError::OtherForm { file: file.clone() });
                    }
                },
            };
            Ok(searches::merge(accounts, whole.as_deref()))
        }
    }
}

fn parts(files: &[PathBuf]) -> Result<Parts, MergeError> {
    let mut parts = None;
    for file in files {
        let part = read(file)?;
        parts = Some(match (parts, part) {
            (None, Part::Runs(lines)) => Parts::Runs(vec![runs::Part {
                file: file.clone(),
                lines,
            }]),
            (None, Part::Junit(report)) => Parts::Junit(vec![report]),
            (None, Part::Search(accounts)) => Parts::Search(accounts),
            (Some(Parts::Runs(mut parts)), Part::Runs(lines)) => {
                parts.push(runs::Part {
                    file: file.clone(),
                    lines,
                });
                Parts::Runs(parts)
            }
            (Some(Parts::Junit(mut reports)), Part::Junit(report)) => {
                reports.push(report);
                Parts::Junit(reports)
            }
            (Some(Parts::Search(mut all)), Part::Search(accounts)) => {
                all.extend(accounts);
                Parts::Search(all)
            }
            _ => return Err(MergeError::OtherForm { file: file.clone() }),
        });
    }
    // PANIC: the command line asks for one file at least.
    Ok(parts.expect("there is a file"))
}

fn read(file: &Path) -> Result<Part, MergeError> {
    let text = read_text(file, LONGEST_RECORD).map_err(|cause| MergeError::Unreadable {
        file: file.to_owned(),
        cause,
    })?;
    if text.trim_start().starts_with('<') {
        let report = Report::deserialize_from_str(&text);
        return report.map(Part::Junit).map_err(|cause| MergeError::Xml {
            file: file.to_owned(),
            cause: cause.to_string(),
        });
    }
    let foreign = |(line, error): (usize, serde_json::Error)| MergeError::Foreign {
        file: file.to_owned(),
        line: line + 1,
        column: error.column(),
        cause: error.to_string(),
    };
    // Which form it is, the first line tells.
    let first = text.lines().next().unwrap_or_default();
    let is_search = serde_json::from_str::<Account>(first).is_ok();
    if is_search || first.is_empty() {
        return lines(&text).map(Part::Search).map_err(foreign);
    }
    lines(&text).map(Part::Runs).map_err(foreign)
}

/// A value for each line, or the first line that is none, from 0.
fn lines<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>, (usize, serde_json::Error)> {
    let lines = text.lines().enumerate();
    let values = lines.map(|(line, text)| serde_json::from_str(text).map_err(|error| (line, error)));
    values.collect()
}
