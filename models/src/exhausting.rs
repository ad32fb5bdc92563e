//! loom: every schedule.

use crate::case::Case;
use crate::finding::{Finding, Tally};
use crate::play::play;
use crate::sampling;
use crate::tool::{Tool, shared};
use loom::model::Builder;
use loom::thread;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// At the first violation, or when no schedule is left.
    Violated,
    /// When no schedule is left.
    Exhausted,
}

/// Runs a case in every schedule that differs from the others, or in those with at most so many preemptions.
///
/// How long that takes grows with the number of schedules, and that grows exponentially with the size.
#[must_use]
pub fn exhaust(case: Case, preemptions: Option<u8>, until: Until) -> Finding {
    sampling::come_first();
    // loom takes what it is not told from the environment, and what it found would depend on that.
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions.map(usize::from);
    builder.max_branches = 10_000;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.checkpoint_file = None;
    let tally = Tally::default();
    let noting = tally.clone();
    let model = move || {
        let violated = play::<Loom>(case);
        noting.note(violated);
        if violated && until == Until::Violated {
            resume_unwind(Box::new(Enough));
        }
    };
    let ended = catch_unwind(AssertUnwindSafe(|| builder.check(model)));
    match ended {
        Err(other) if !other.is::<Enough>() => resume_unwind(other),
        _ => tally.finding(),
    }
}

/// loom can be stopped by a panic only. It bears one where nobody else runs any more and nothing of the model is left.
struct Enough;

struct Loom;

impl Tool for Loom {
    type Shared<T: Send + 'static> = Guarded<T>;

    fn both(one: impl FnOnce() + Send + 'static, other: impl FnOnce() + Send + 'static) {
        let other = thread::spawn(other);
        one();
        if let Err(panic) = other.join() {
            resume_unwind(panic);
        }
    }
}

shared!(loom);
