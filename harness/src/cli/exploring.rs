//! `explore`: searches the ways through a race and says what it can come to.
//!
//! | where | what |
//! |---|---|
//! | `subject` | what is explored, and why it was not |
//! | `bounds` | how, and how far |
//! | `surveying` | a race under one revision |
//! | `keeping` | what is kept of what was found |

mod bounds;
mod keeping;
mod subject;
mod surveying;

use crate::cli::exit::Exit;
use crate::cli::explore_arguments::{ExploreArguments, ExploreBackend, ExploreFormat, StrategyChoice};
use crate::cli::page_file::PageFile;
use crate::cli::swarm_arguments::SwarmBounds;
use crate::cli::swarming::{self, differential, in_process, on_linux};
use crate::cli::{signals, streams};
use crate::explore::account::Account;
use crate::report::palette::Palette;
use crate::report::{exploration, page};
use crate::scenario::REVISIONS;
use keeping::write_states;
use std::sync::atomic::Ordering;
use subject::{NO_FILE, read, revisions};
use surveying::one;

pub(super) fn explore(arguments: &ExploreArguments) -> Exit {
    if arguments.strategy == StrategyChoice::Swarm {
        return explore_swarm(arguments);
    }
    if arguments.backend == ExploreBackend::Linux {
        return explore_linux(arguments);
    }
    let page = match PageFile::of(arguments.report.as_deref()) {
        Ok(page) => page,
        Err(exit) => return exit,
    };
    let subject = match read(arguments) {
        Ok(subject) => subject,
        Err(exit) => return exit,
    };
    let is_ended = match signals::end_flag() {
        Ok(flag) => flag,
        Err(error) => {
            streams::error(format_args!("signals cannot be taken: {error}"));
            return Exit::Internal;
        }
    };
    let mut worst = Exit::AsExpected;
    let mut all = Vec::new();
    for revision in revisions(&subject, arguments.revision) {
        if is_ended.load(Ordering::Relaxed) {
            break;
        }
        match one(&subject, revision, arguments, &is_ended) {
            Ok(explored) => {
                show(&explored.account, arguments.format);
                worst = worst.max(Exit::of_search(&explored.account));
                all.push(explored);
            }
            Err(failure) => worst = worst.max(failure.print(&subject, revision)),
        }
    }
    if let Some(page) = page {
        worst = worst.max(page.write(|out| page::explored(&subject.scenario, &all, out)));
    }
    let accounts = all.iter().map(|explored| &explored.account);
    if let Some(file) = &arguments.states
        && let Err(error) = write_states(file, accounts)
    {
        streams::error(format_args!("{}: {error}", file.display()));
        worst = worst.max(Exit::Internal);
    }
    if is_ended.load(Ordering::Relaxed) {
        worst = worst.max(Exit::Interrupted);
    }
    worst
}

/// Searches the kernel itself: firmware's choices are drawn.
fn explore_linux(arguments: &ExploreArguments) -> Exit {
    if arguments.strategy != StrategyChoice::Random {
        streams::error(
            "nobody forks a kernel: with --backend linux, ways are drawn (--strategy random, or swarm)",
        );
        return Exit::Usage;
    }
    let Some(file) = &arguments.file else {
        streams::error(NO_FILE);
        return Exit::Usage;
    };
    if let Some(refused) = refuse_page(arguments) {
        return refused;
    }
    on_linux::swarm(file, &bounds_of(arguments), &arguments.swarm)
}

/// Draws everything.
fn explore_swarm(arguments: &ExploreArguments) -> Exit {
    if let Some(file) = &arguments.file {
        let file = file.display();
        streams::error(format_args!(
            "{file}: with --strategy swarm everything is drawn, and no file is read; firmware's choices alone are drawn with --strategy random --backend linux"
        ));
        return Exit::Usage;
    }
    if arguments.swarm.draw {
        return swarming::keeping::draw(&bounds_of(arguments), &arguments.swarm);
    }
    if arguments.backend == ExploreBackend::Linux {
        if let Some(refused) = refuse_page(arguments) {
            return refused;
        }
        return differential::swarm(&bounds_of(arguments), &arguments.swarm);
    }
    let revisions = match arguments.revision.revision() {
        Some(revision) => vec![revision],
        None => REVISIONS.to_vec(),
    };
    in_process::swarm(
        &revisions,
        &bounds_of(arguments),
        &arguments.swarm,
        arguments.format,
        arguments.report.as_deref(),
    )
}

/// What is found on Linux is kept as scenarios, which `run --backend linux --report` shows.
fn refuse_page(arguments: &ExploreArguments) -> Option<Exit> {
    arguments.report.as_ref().map(|_| {
        streams::error(
            "--report shows what our own driver does; what is found on Linux is written as scenarios, which run --backend linux --report shows",
        );
        Exit::Usage
    })
}

fn bounds_of(arguments: &ExploreArguments) -> SwarmBounds {
    SwarmBounds {
        seeds: arguments.seeds.0.clone(),
        max_seconds: arguments.max_seconds,
        jobs: arguments.jobs,
    }
}

fn show(account: &Account, format: ExploreFormat) {
    match format {
        ExploreFormat::Human => {
            streams::out(exploration::account(account, Palette::for_stdout()));
            streams::out("\n");
        }
        ExploreFormat::Json => {
            // What has a form in memory has one in JSON: its keys are texts.
            let line = serde_json::to_string(&Account {
                fingerprints: Vec::new(),
                ..account.clone()
            });
            streams::out(format!("{}\n", line.unwrap_or_default()));
        }
    }
}
