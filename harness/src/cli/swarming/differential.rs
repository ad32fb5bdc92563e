//! A swarm on the unmodified driver beside ours: what can be told to a kernel is played on both, and every number is compared.

use super::guests::backend;
use super::in_process::again;
use super::keeping::keep;
use crate::cli::clock::Clock;
use crate::cli::crew::{self, Team};
use crate::cli::exit::Exit;
use crate::cli::progress::{Pace, Progress};
use crate::cli::swarm_arguments::{SwarmArguments, SwarmBounds};
use crate::cli::{setup, streams};
use crate::record::{Outcome, RunResult};
use crate::scenario::ScenarioFile;
use crate::stage::linux::guest::GuestError;
use crate::stage::linux::{BackendError, Workplace};
use crate::swarm::differential::for_kernel;
use crate::swarm::drawing::draw_all;
use driver::RevisionName;
use std::ops::ControlFlow;

/// What was seen so far.
#[derive(Default)]
struct Count {
    agree: u32,
    differ: u32,
    cannot: u32,
    told_to_nobody: u32,
}

/// A swarm of these seeds on Linux and on our driver as merged: [`Exit::Failed`] where a number differs.
pub(in crate::cli) fn swarm(bounds: &SwarmBounds, arguments: &SwarmArguments) -> Exit {
    let class = arguments.class.reachability();
    let reach = arguments.reach();
    let seeds: Vec<u64> = bounds.seeds.clone().collect();
    let clock = Clock::begin(bounds.max_seconds);
    let progress = Progress::new(seeds.len(), Pace::Slow);
    let mut count = Count::default();
    let mut worst = Exit::AsExpected;
    crew::in_order(
        &seeds,
        Team::of_guests(bounds.guests()),
        Workplace::default,
        |workplace, seed| {
            (!clock.is_over()).then(|| {
                let file = for_kernel(&draw_all(class, reach, *seed))?;
                progress.run_begins(&file.name);
                let result = play(workplace, &file, *seed, arguments, &progress);
                Some((file, result))
            })
        },
        |seed, played| {
            let mut said = String::new();
            let went_on = match played {
                None => {
                    worst = worst.max(Exit::Budget);
                    ControlFlow::Continue(())
                }
                Some(None) => {
                    count.told_to_nobody += 1;
                    ControlFlow::Continue(())
                }
                Some(Some((file, Ok(result)))) => {
                    match result.outcome {
                        Outcome::Pass => count.agree += 1,
                        Outcome::Skip => count.cannot += 1,
                        Outcome::Fail => {
                            count.differ += 1;
                            worst = worst.max(Exit::Failed);
                            let place = keep(&file, &arguments.out, &mut worst);
                            said = format!(
                                "seed {seed}: {}\n  {place}\n  again: {} --backend linux\n",
                                result.reason.unwrap_or_default(),
                                again(arguments, RevisionName::Merged, *seed)
                            );
                        }
                    }
                    ControlFlow::Continue(())
                }
                Some(Some((_, Err(error)))) => match error {
                    BackendError::Guest(GuestError::Interrupted) => {
                        worst = Exit::Interrupted;
                        ControlFlow::Break(())
                    }
                    BackendError::Kit(error) => {
                        setup::print(&error);
                        worst = worst.max(Exit::Backend);
                        ControlFlow::Break(())
                    }
                    error => {
                        streams::error(format_args!("seed {seed}: {error}"));
                        worst = worst.max(Exit::Backend);
                        ControlFlow::Continue(())
                    }
                },
            };
            progress.run_ends(!said.is_empty(), || streams::out(&said));
            went_on
        },
    );
    progress.finish();
    let Count {
        agree,
        differ,
        cannot,
        told_to_nobody,
    } = count;
    streams::out(format_args!(
        "{agree} seeds agree with Linux in every number, {differ} do not; {cannot} the kit's driver cannot do, {told_to_nobody} nobody can tell it; {:.0} s\n",
        clock.elapsed().as_secs_f64()
    ));
    worst
}

fn play(
    workplace: &mut Workplace,
    file: &ScenarioFile,
    seed: u64,
    arguments: &SwarmArguments,
    progress: &Progress,
) -> Result<RunResult, BackendError> {
    let backend = backend(workplace, &arguments.kit.options())?;
    backend.run(file, &file.name, Some(seed), progress)
}
