//! shuttle: some schedules.

use crate::case::Case;
use crate::finding::{Finding, Tally};
use crate::play::play;
use crate::tool::{Tool, shared};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::{Config, Runner, thread};
use std::panic::resume_unwind;
use std::sync::Once;

/// How schedules are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Each choice by chance.
    Random,
    /// Probabilistic concurrency testing: by priorities that change at a few places.
    Pct {
        /// How many orderings a violation is thought to need: one more than priorities change. At least 1. More is not better:
        /// where a race has hardly more choices than that, priorities change at the same choices each time.
        depth: usize,
    },
}

/// Which schedules are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// How they are chosen.
    pub strategy: Strategy,
    /// How many at most.
    pub schedules: usize,
    /// What chance begins with. `SHUTTLE_RANDOM_SEED` in the environment overrides it.
    pub seed: u64,
}

/// Runs a case in some schedules, until one of them shows a violation. That none does proves nothing.
#[must_use]
pub fn sample(case: Case, sampling: Sampling) -> Finding {
    let Sampling {
        strategy,
        schedules,
        seed,
    } = sampling;
    match strategy {
        // Dropped early it would print a seed, as if a test had failed. It owns no memory.
        Strategy::Random => run(
            case,
            RandomScheduler::new_from_seed(seed, schedules),
            std::mem::forget,
        ),
        Strategy::Pct { depth } => run(
            case,
            PctScheduler::new_from_seed(seed, depth.max(1), schedules),
            drop,
        ),
    }
}

fn run<S: Scheduler + 'static>(case: Case, scheduler: S, retire: fn(S)) -> Finding {
    let tally = Tally::default();
    let scheduler = UntilViolated {
        scheduler: Some(scheduler),
        retire,
        tally: tally.clone(),
    };
    let noting = tally.clone();
    Runner::new(scheduler, Config::new()).run(move || noting.note(play::<Shuttle>(case)));
    tally.finding()
}

/// Under loom a thread ends by a panic, which loom's hook keeps quiet. shuttle has a hook that reports every panic, and whose comes
/// last is asked first. Both hook in once, when they first run: so shuttle is made to run before loom does.
pub(crate) fn come_first() {
    static RUN: Once = Once::new();
    RUN.call_once(|| {
        Runner::new(RandomScheduler::new_from_seed(0, 1), Config::new()).run(|| {});
    });
}

/// A scheduler that begins no schedule after a violation.
struct UntilViolated<S> {
    scheduler: Option<S>,
    retire: fn(S),
    tally: Tally,
}

impl<S: Scheduler> Scheduler for UntilViolated<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        if self.tally.finding().violated()
            && let Some(scheduler) = self.scheduler.take()
        {
            (self.retire)(scheduler);
        }
        self.scheduler.as_mut()?.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        self.scheduler.as_mut()?.next_task(runnable, current, yields)
    }

    fn next_u64(&mut self) -> u64 {
        self.scheduler.as_mut().map_or(0, Scheduler::next_u64)
    }
}

struct Shuttle;

impl Tool for Shuttle {
    type Shared<T: Send + 'static> = Guarded<T>;

    fn both(one: impl FnOnce() + Send + 'static, other: impl FnOnce() + Send + 'static) {
        let other = thread::spawn(other);
        one();
        if let Err(panic) = other.join() {
            resume_unwind(panic);
        }
    }
}

shared!(shuttle);
