//! `run`: selects, runs, reports.

mod accepting;
mod failures;
mod plan;
mod snapshots;
mod work;

use crate::cli::crew::{self, Team};
use crate::cli::exit::Exit;
use crate::cli::job::Backend;
use crate::cli::outputs::{Look, Outputs};
use crate::cli::place::{Ground, Place};
use crate::cli::progress::{Pace, Progress};
use crate::cli::run_arguments::RunArguments;
use crate::cli::streams;
use crate::report::case::Finished;
use crate::report::human::Close;
use crate::report::stream;
use failures::Failures;
use plan::{Case, plan};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::available_parallelism;
use work::{Done, Work};

/// Guests at a time, where nobody says how many: each takes up to a GiB of memory.
const GUESTS: NonZeroUsize = NonZeroUsize::new(4).unwrap();

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

pub(super) fn run(arguments: &RunArguments, verbose: bool) -> Exit {
    let failures = Failures::of_this_folder();
    let cases = match plan(arguments, &failures) {
        Ok(cases) => cases,
        Err(exit) => return exit,
    };
    let look = Look {
        verbose,
        close: Close::Totals,
    };
    let others = arguments
        .commands
        .iter()
        .map(|file| ("--commands", file.as_path()));
    let others: Vec<_> = others.collect();
    let outputs = match Outputs::begin(&arguments.output, look, &planned(&cases), &others) {
        Ok(outputs) => outputs,
        Err(exit) => return exit,
    };
    let pace = match arguments.backend {
        _ if arguments.output.quiet() => Pace::Silent,
        Backend::Inproc => Pace::Quick,
        Backend::Socket if arguments.socket.wall_time => Pace::Slow,
        Backend::Socket => Pace::Quick,
        Backend::Guest | Backend::Linux => Pace::Slow,
    };
    let (progress, ground) = (Progress::new(cases.len(), pace), Arc::new(Ground::new()));
    let work = Work::new(arguments, &progress);
    let mut session = Session {
        outputs,
        progress: &progress,
        worst: Exit::AsExpected,
        failures,
        fail_fast: arguments.fail_fast,
    };
    crew::in_order(
        &cases,
        match arguments.backend {
            Backend::Inproc | Backend::Socket => Team::of(workers(arguments)),
            Backend::Guest | Backend::Linux => Team::of_guests(workers(arguments)),
        },
        || Place::of(arguments, &ground, &progress),
        |place, case| {
            if let Case::Run(job) = case {
                progress.run_begins(&job.name());
            }
            work.done(place, case)
        },
        |case, done| session.take(case, done),
    );
    session.finish()
}

/// How many guests with Linux there are at once, where nobody says it: two for each core, since a guest waits most of the time
/// for what the wall clock brings.
pub(super) fn guests_on_linux() -> NonZeroUsize {
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    cores.saturating_mul(TWO).min(GUESTS)
}

/// How many runs there are at once, where nobody says it: as many as there are cores, on Linux twice as many. More guests than
/// runs are of no use, and each takes memory.
fn workers(arguments: &RunArguments) -> NonZeroUsize {
    // What is accepted for one revision is what the next one reads.
    if arguments.accept {
        return NonZeroUsize::MIN;
    }
    let cores = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
    arguments.jobs.unwrap_or_else(|| match arguments.backend {
        Backend::Inproc => cores(),
        // One server plays one run at a time.
        Backend::Socket if arguments.socket.socket_dir.is_some() => NonZeroUsize::MIN,
        Backend::Socket => cores(),
        Backend::Guest => cores().min(GUESTS),
        Backend::Linux => guests_on_linux(),
    })
}

fn planned(cases: &[Case]) -> stream::Plan {
    let cases = cases.iter().map(|case| stream::PlannedCase {
        file: case.file().display().to_string(),
        scenario: case.scenario().to_owned(),
    });
    stream::Plan {
        cases: cases.collect(),
    }
}

/// Runs under way, as they are reported.
struct Session<'a> {
    outputs: Outputs,
    progress: &'a Progress,
    worst: Exit,
    failures: Failures,
    /// Whether the first failure is the last case.
    fail_fast: bool,
}

impl Session<'_> {
    /// Reports a case.
    fn take(&mut self, case: &Case, done: Done) -> ControlFlow<()> {
        let Done::Case { result, changed } = done else {
            self.worst = Exit::Interrupted;
            return ControlFlow::Break(());
        };
        if let Some(failure) = result.failure() {
            self.worst = self.worst.max(failure.into());
        }
        let finished = Finished {
            scenario: match case {
                Case::Run(job) => Some(&job.loaded.scenario),
                Case::Wrong(_) => None,
            },
            result: &result,
        };
        let outputs = &mut self.outputs;
        self.progress.run_ends(result.failure().is_some(), || {
            outputs.aside(&changed);
            outputs.finished(finished);
        });
        self.failures.note(case.into(), result.outcome);
        if outputs.are_unheard() || (self.fail_fast && result.failure().is_some()) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn finish(self) -> Exit {
        self.progress.finish();
        // What failed is told above; that it is not remembered spoils nothing but the next `--failed`.
        if let Err(error) = self.failures.keep() {
            streams::note(format_args!("what failed cannot be kept for --failed: {error}"));
        }
        let (summary, written) = self.outputs.end();
        match self.worst.max(written) {
            Exit::AsExpected if summary.is_all_skipped() => Exit::AllSkipped,
            worst => worst,
        }
    }
}
