//! Runs of parts as one: their totals, and what is not as expected.

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::record::{Failure, Outcome};
use crate::report::json_lines::ResultLine;
use crate::report::tally::Tally;
use crate::text::printable::one_line;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The runs of one part.
pub(super) struct Part {
    pub(super) file: PathBuf,
    pub(super) lines: Vec<ResultLine>,
}

/// What makes a run that run.
type Key<'a> = (&'a str, &'a str, &'a str);

/// Joins the runs of all parts; `output` gets them all, in the order of the parts.
pub(super) fn merge(parts: Vec<Part>, output: Option<&Path>) -> Exit {
    let twice = twice(&parts);
    for told in &twice {
        streams::error(told);
    }
    let all: Vec<&ResultLine> = parts.iter().flat_map(|part| &part.lines).collect();
    let mut worst = if twice.is_empty() {
        Exit::AsExpected
    } else {
        Exit::Usage
    };
    let mut text = String::new();
    for line in &all {
        if let Some(failure) = line.failure {
            worst = worst.max(failure.into());
        }
        text.push_str(&told(line));
    }
    let _ = writeln!(text, "{}", totals(&all));
    streams::out(text);
    if let Some(file) = output
        && let Err(error) = written(file, &all)
    {
        streams::error(error);
        worst = worst.max(Exit::Internal);
    }
    let is_skipped = |line: &&ResultLine| line.outcome == Outcome::Skip;
    match worst {
        Exit::AsExpected if all.is_empty() => Exit::NothingSelected,
        Exit::AsExpected if all.iter().all(is_skipped) => Exit::AllSkipped,
        worst => worst,
    }
}

/// Runs that are in two parts: they have been counted twice.
fn twice(parts: &[Part]) -> Vec<String> {
    let mut seen: BTreeMap<Key<'_>, &Path> = BTreeMap::new();
    let mut twice = Vec::new();
    for part in parts {
        for line in &part.lines {
            let key = (line.file.as_str(), line.revision.as_str(), line.backend.as_str());
            if let Some(other) = seen.insert(key, &part.file) {
                let (part, other) = (part.file.display(), other.display());
                let (run, revision) = (one_line(&line.scenario), one_line(&line.revision));
                twice.push(format!("{part}: {run}@{revision} is in {other}, too"));
            }
        }
    }
    twice
}

/// What is not as expected; nothing of what is.
fn told(line: &ResultLine) -> String {
    if line.outcome != Outcome::Fail {
        return String::new();
    }
    let word = match line.failure {
        Some(failure) if failure.is_error() => "ERROR",
        _ => "FAIL",
    };
    let reason = line.reason.as_deref().unwrap_or_default();
    let mut text = format!(
        "{word:5} {}@{}  {}\n",
        one_line(&line.scenario),
        one_line(&line.revision),
        one_line(reason)
    );
    if !line.replay.is_empty() {
        let _ = writeln!(text, "      repeat  {}", one_line(&line.replay));
    }
    text
}

fn totals(all: &[&ResultLine]) -> Tally {
    let mut tally = Tally {
        runs: all.len(),
        ..Tally::default()
    };
    let mut scenarios = BTreeSet::new();
    for line in all {
        scenarios.insert(&line.scenario);
        let is_error = line.failure.is_some_and(Failure::is_error);
        match line.outcome {
            Outcome::Pass => tally.pass += 1,
            Outcome::Fail if is_error => tally.errors += 1,
            Outcome::Fail => tally.fail += 1,
            Outcome::Skip => tally.skip += 1,
        }
    }
    tally.scenarios = scenarios.len();
    tally
}

fn written(file: &Path, all: &[&ResultLine]) -> std::io::Result<()> {
    let mut text = String::new();
    for line in all {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    Ok(files::write(file, text)?)
}
