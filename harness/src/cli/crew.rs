//! Work that is done by several threads at once and handed over in its order.
//!
//! Each piece of work is done wholly by one thread, with what that thread has made for itself: nothing of a run is
//! shared. What is ready before its turn waits; how much may wait is bounded, so that one long piece does not pile up
//! the results of all others.

use crate::cli::streams;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Who works, and how far ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Team {
    workers: NonZeroUsize,
    /// Pieces that may be under way or ready, for each worker, beyond the one whose turn it is.
    ahead: usize,
}

impl Team {
    /// For pieces that take milliseconds, and whose results may be large.
    pub(super) const fn of(workers: NonZeroUsize) -> Self {
        Self { workers, ahead: 8 }
    }

    /// For pieces that take seconds, and some of them a minute: nobody waits for one of those, and results are few.
    pub(super) const fn of_guests(workers: NonZeroUsize) -> Self {
        Self { workers, ahead: 200 }
    }
}

/// Does `work` on each of `items` and hands the results to `take`, in the order of the items, until `take` breaks off.
///
/// With one worker everything happens on the caller's thread. With several, what a piece of work says on standard error
/// is said when its result is taken, so that the streams are the same whatever the number. `begin` makes what a worker
/// keeps from one piece to the next.
pub(super) fn in_order<T, S, R>(
    items: &[T],
    team: Team,
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> ControlFlow<()>,
) where
    T: Sync,
    R: Send,
{
    let workers = team.workers.get().min(items.len());
    if workers <= 1 {
        let mut own = begin();
        for item in items {
            if take(item, work(&mut own, item)).is_break() {
                return;
            }
        }
        return;
    }
    let desk = Desk::new(workers.saturating_mul(team.ahead));
    let serve = || {
        let mut own = None;
        while let Some((place, item)) = desk.next(items) {
            let (done, said) = streams::held(|| {
                // Nothing of what a panic leaves half done is looked at: the panic goes on in the caller.
                catch_unwind(AssertUnwindSafe(|| work(own.get_or_insert_with(&begin), item)))
            });
            desk.put(place, Done { said, done });
        }
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the runner is no part of the deterministic core: each run has one thread"
    )]
    thread::scope(|scope| {
        // However the caller leaves, nobody waits for it.
        let _closing = Closing(&desk);
        for _ in 0..workers {
            scope.spawn(serve);
        }
        for (place, item) in items.iter().enumerate() {
            let Done { said, done } = desk.take(place);
            streams::err(said);
            match done {
                Ok(result) => {
                    if take(item, result).is_break() {
                        return;
                    }
                }
                Err(panic) => resume_unwind(panic),
            }
        }
    });
}

/// A piece of work that is done.
struct Done<R> {
    /// What it said on standard error.
    said: String,
    /// Its result, or its panic.
    done: thread::Result<R>,
}

/// Where workers fetch work and put down results.
struct Desk<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
    /// Pieces that may be fetched beyond those that were taken.
    ahead: usize,
}

struct State<R> {
    /// The piece that is fetched next.
    next: usize,
    /// Pieces whose results were taken.
    taken: usize,
    ready: BTreeMap<usize, Done<R>>,
    /// Nobody takes any more.
    closed: bool,
}

impl<R> Desk<R> {
    fn new(ahead: usize) -> Self {
        Self {
            state: Mutex::new(State {
                next: 0,
                taken: 0,
                ready: BTreeMap::new(),
                closed: false,
            }),
            changed: Condvar::new(),
            ahead,
        }
    }

    /// The state; each change of it is whole, even where a thread has panicked since.
    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn until<'a>(
        &'a self,
        state: MutexGuard<'a, State<R>>,
        mut come: impl FnMut(&State<R>) -> bool,
    ) -> MutexGuard<'a, State<R>> {
        let waited = self.changed.wait_while(state, |state| !come(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece, once it may begin; `None` where there is no more to do.
    fn next<'t, T>(&self, items: &'t [T]) -> Option<(usize, &'t T)> {
        let mut state = self.until(self.state(), |state| {
            state.closed || state.next >= items.len() || state.next < state.taken + self.ahead
        });
        let place = state.next;
        let item = items.get(place).filter(|_| !state.closed)?;
        state.next += 1;
        Some((place, item))
    }

    fn put(&self, place: usize, done: Done<R>) {
        self.state().ready.insert(place, done);
        self.changed.notify_all();
    }

    /// Waits for a result.
    fn take(&self, place: usize) -> Done<R> {
        let mut state = self.state();
        loop {
            if let Some(done) = state.ready.remove(&place) {
                state.taken = place + 1;
                self.changed.notify_all();
                return done;
            }
            state = self.until(state, |state| state.ready.contains_key(&place));
        }
    }
}

/// Lets the workers go home.
struct Closing<'a, R>(&'a Desk<R>);

impl<R> Drop for Closing<'_, R> {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn number(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    /// The results in the order in which they were taken, of pieces that are the slower the earlier they are.
    fn taken(workers: usize, until: usize) -> (Vec<usize>, usize) {
        let items: Vec<usize> = (0..200).collect();
        let (begun, mut taken) = (AtomicUsize::new(0), Vec::new());
        let work = |(): &mut (), item: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            (0..(200 - item) * 500).fold(*item, |sum, more| std::hint::black_box(sum ^ more));
            *item
        };
        in_order(
            &items,
            Team::of(number(workers)),
            || (),
            work,
            |_, result| {
                taken.push(result);
                if result == until {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        (taken, begun.into_inner())
    }

    #[test]
    fn results_come_in_the_order_of_the_work_whoever_does_it() {
        let wanted: Vec<usize> = (0..200).collect();
        for workers in [1, 2, 7, 500] {
            assert_eq!(
                taken(workers, usize::MAX),
                (wanted.clone(), 200),
                "{workers} workers"
            );
        }
    }

    #[test]
    fn who_breaks_off_gets_no_more_and_little_more_is_begun() {
        for workers in [1, 2, 7] {
            let (taken, begun) = taken(workers, 10);
            assert_eq!(taken, (0..=10).collect::<Vec<_>>());
            assert!(begun <= 11 + workers * 8, "{begun} with {workers} workers");
        }
    }

    #[test]
    fn a_panic_of_one_is_the_callers_and_nobody_hangs() {
        for workers in [1, 3] {
            let all = || {
                let work = |(): &mut (), item: &usize| assert_ne!(*item, 5, "on purpose");
                let items: Vec<usize> = (0..50).collect();
                in_order(
                    &items,
                    Team::of(number(workers)),
                    || (),
                    work,
                    |_, ()| ControlFlow::Continue(()),
                );
            };
            assert!(catch_unwind(AssertUnwindSafe(all)).is_err());
        }
    }
}
