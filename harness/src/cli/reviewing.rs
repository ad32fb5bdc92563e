//! `review`: builds the Linux driver with a patch, runs scenarios before and after, and says what became of each.

mod cases;
mod problem;
mod side;
mod words;

use crate::cli::exit::Exit;
use crate::cli::filter::Filter;
use crate::cli::job::{Build, Job};
use crate::cli::library;
use crate::cli::page_file::PageFile;
use crate::cli::progress::{Pace, Progress};
use crate::cli::review_arguments::{Form, ReviewArguments};
use crate::cli::selection::{linux_jobs, read};
use crate::cli::streams;
use crate::review::comparing::Verdict;
use crate::review::lines::{self, About};
use crate::review::telling::{self, Case, Totals};
use crate::review::touches::{Touches, is_chosen};
use crate::review::{mail, paged};
use cases::{Reviewed, review_all};
use problem::ReviewError;
use side::{Side, Source};
use std::path::PathBuf;

pub(super) fn review(arguments: &ReviewArguments, verbose: bool) -> Exit {
    match reviewed(arguments, verbose) {
        Ok(exit) => exit,
        Err(error) => {
            if arguments.format == Form::Json {
                streams::out(format_args!(
                    "{}\n",
                    lines::error(&error.to_string(), &error.details())
                ));
            }
            problem::print(&error);
            error.exit()
        }
    }
}

fn reviewed(arguments: &ReviewArguments, verbose: bool) -> Result<Exit, ReviewError> {
    let subject = Source::of_subject(arguments)?;
    let base = Source::of_base(arguments)?;
    // What is wrong with a patch is told before anything is fetched.
    let (subject, base) = (subject.read()?, base.read()?);
    let all = jobs(arguments)?;
    if all.is_empty() {
        return Ok(nothing_selected());
    }
    let after = Side::build(&subject, arguments)?;
    let jobs = match (&after.touched, arguments.quick) {
        (Some(touched), true) => {
            let chosen = Touches::of_project().scenarios(touched);
            let about = |job: &Job| is_chosen(&job.loaded.qualified_name(), &chosen);
            all.into_iter().filter(about).collect()
        }
        (None, true) => {
            return Err(ReviewError::Usage(
                "--quick goes by what a patch or a tree changes, and nobody knows what is changed in a built module".to_owned(),
            ));
        }
        (_, false) => all,
    };
    if jobs.is_empty() {
        return Ok(nothing_selected());
    }
    // Before anything runs it is known that there can be a page.
    let page = match PageFile::of(arguments.report.as_deref()) {
        Ok(page) => page,
        Err(exit) => return Ok(exit),
    };
    let before = Side::build(&base, arguments)?;
    let about = About {
        patches: after.patches.clone(),
        before: before.words.clone(),
        after: after.words.clone(),
        kit: before.kit.describe(),
        notes: after.notes.iter().chain(&before.notes).cloned().collect(),
    };
    if !arguments.mail && arguments.format == Form::Human {
        streams::out(words::head(&about));
    }
    let progress = Progress::new(2 * jobs.len(), Pace::Slow);
    let reviewed = review_all(&jobs, &before, &after, arguments, &progress);
    progress.finish();
    let written = page.map_or(Exit::AsExpected, |page| {
        page.write(|out| paged::page(&about, &reviewed.cases, &reviewed.paged, out))
    });
    Ok(report(arguments, verbose, &about, &reviewed).max(written))
}

fn nothing_selected() -> Exit {
    streams::error("no scenario is selected");
    Exit::NothingSelected
}

/// The cases that are asked for, but for `--quick`.
fn jobs(arguments: &ReviewArguments) -> Result<Vec<Job>, ReviewError> {
    let reading = read(&[PathBuf::from(library::FOLDER)], &Filter::default());
    let reading = reading.map_err(|error| ReviewError::Usage(error.to_string()))?;
    for refused in &reading.errors {
        refused.print();
    }
    let mut jobs = linux_jobs(
        &reading.scenarios,
        arguments.expect.revision(),
        None,
        &[Build::unnamed()],
    );
    // Each side has its own build.
    jobs.iter_mut().for_each(|job| job.build = None);
    if arguments.only.is_empty() {
        return Ok(jobs);
    }
    let names: Vec<String> = jobs.iter().map(|job| job.loaded.qualified_name()).collect();
    jobs.retain(|job| {
        let name = job.loaded.qualified_name();
        arguments.only.iter().any(|only| {
            // A whole name means that scenario, though others may begin like it.
            let is_whole = names
                .iter()
                .any(|name| name == only || name.rsplit('/').next() == Some(only));
            match is_whole {
                true => name == *only || name.rsplit('/').next() == Some(only),
                false => {
                    job.loaded.file.to_string_lossy().contains(only.as_str()) || name.contains(only.as_str())
                }
            }
        })
    });
    Ok(jobs)
}

fn report(arguments: &ReviewArguments, verbose: bool, about: &About, reviewed: &Reviewed) -> Exit {
    let mut totals = Totals::default();
    reviewed.cases.iter().for_each(|case| totals.add(case));
    if arguments.mail {
        streams::out(mail::text(about, &totals, &reviewed.cases));
    } else {
        match arguments.format {
            Form::Json => {
                for case in &reviewed.cases {
                    streams::out(format_args!("{}\n", lines::case(case)));
                }
                streams::out(format_args!("{}\n", lines::summary(about, &totals)));
            }
            Form::Human => {
                let is_told = |case: &&Case| {
                    verbose || !matches!(case.verdict(), Some(Verdict::Same | Verdict::Skipped))
                };
                for case in reviewed.cases.iter().filter(is_told) {
                    streams::out(words::case(&telling::case(case, verbose)));
                }
                streams::out(format_args!("\n{totals}\n"));
            }
        }
    }
    exit(&totals, reviewed.is_interrupted)
}

fn exit(totals: &Totals, is_interrupted: bool) -> Exit {
    let mut worst = Exit::AsExpected;
    if totals.judged() == 0 && totals.of(Verdict::Skipped) > 0 {
        worst = Exit::AllSkipped;
    }
    if totals.of(Verdict::Broken) > 0 {
        worst = worst.max(Exit::Failed);
    }
    if totals.errors() > 0 {
        worst = worst.max(Exit::Backend);
    }
    if is_interrupted {
        worst = worst.max(Exit::Interrupted);
    }
    worst
}
