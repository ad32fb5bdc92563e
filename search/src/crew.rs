//! Every way, by several at once: each with a system of his own, all with one memory of states.
//!
//! Who has nothing to do is given the choice of somebody else's that is nearest to the beginning; he goes there by the choices that
//! lead to it. Which states there are, and what they come to, is the same however many search; how many choices that takes is not.

use crate::budget::{Budget, Spent};
use crate::exhaustive::{FoundBy, Search, Seen};
use crate::found::Found;
use crate::memory::Memory;
use crate::method::Method;
use crate::shard::Shard;
use crate::sleep::Roster;
use crate::stack::Task;
use crate::system::System;
use crate::visited::{Known, Mask, Visited};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Parts of the memory, so that two rarely wait for each other.
const PARTS: usize = 64;

/// A memory of states for several.
#[derive(Debug)]
pub struct SharedVisited {
    parts: Vec<Mutex<Visited>>,
}

impl Default for SharedVisited {
    fn default() -> Self {
        Self {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl SharedVisited {
    /// All fingerprints, in no order that means anything.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<u64> {
        let parts = self.parts.iter().map(|part| locked(part));
        parts
            .flat_map(|part| part.fingerprints().collect::<Vec<_>>())
            .collect()
    }
}

impl Memory for &SharedVisited {
    fn visit(&mut self, fingerprint: u64, asleep: Mask) -> Known {
        // Within a part the place goes by the upper bits.
        let part = usize::try_from(fingerprint % PARTS as u64).unwrap_or(0);
        locked(&self.parts[part]).visit(fingerprint, asleep)
    }

    fn size(&self) -> (u64, u64) {
        let sizes = self.parts.iter().map(|part| {
            let part = locked(part);
            (part.len() as u64, part.bytes() as u64)
        });
        sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic has left is never looked at: the panic goes on in the caller.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where tasks lie.
struct Desk<T> {
    state: Mutex<DeskState<T>>,
    changed: Condvar,
    /// How many want a task and have none.
    wanting: AtomicUsize,
    is_stopped: AtomicBool,
}

struct DeskState<T> {
    tasks: Vec<T>,
    /// Tasks that are there or under way.
    left: usize,
}

impl<T> Desk<T> {
    fn next(&self) -> Option<T> {
        let mut state = locked(&self.state);
        self.wanting.fetch_add(1, Ordering::Relaxed);
        loop {
            if self.is_stopped.load(Ordering::Relaxed) || state.left == 0 {
                self.changed.notify_all();
                self.wanting.fetch_sub(1, Ordering::Relaxed);
                return None;
            }
            if let Some(task) = state.tasks.pop() {
                self.wanting.fetch_sub(1, Ordering::Relaxed);
                return Some(task);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn put(&self, task: T) {
        let mut state = locked(&self.state);
        state.left += 1;
        state.tasks.push(task);
        self.changed.notify_one();
    }

    fn done(&self) {
        let mut state = locked(&self.state);
        state.left -= 1;
        if state.left == 0 {
            self.changed.notify_all();
        }
    }

    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        let _state = locked(&self.state);
        self.changed.notify_all();
    }
}

/// Leaves the desk in order whatever happens.
struct Closing<'a, T>(&'a Desk<T>);

impl<T> Drop for Closing<'_, T> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// How several come by their systems.
#[derive(Clone, Copy, Debug)]
pub struct Crew<M, D> {
    /// How many.
    pub workers: NonZeroUsize,
    /// Makes a system for one of them. All stand at the same place.
    pub make: M,
    /// Is told of each system when it is over.
    pub done: D,
}

/// [`search`](crate::search) by several at once.
///
/// # Errors
/// What stopped a system, or kept it from being made.
pub fn search_together<S: System>(
    crew: Crew<impl Fn() -> Result<S, S::Halt> + Sync, impl Fn(&mut S) + Sync>,
    method: Method,
    shard: Shard,
    memory: &SharedVisited,
    budget: &(impl Budget + Sync),
    stops: impl Fn(Seen<'_, S::End, S::Flaw>) -> bool + Sync,
) -> Result<FoundBy<S>, S::Halt>
where
    S::Choice: Send,
    S::Actor: Send,
    S::Touched: Send,
    S::End: Send,
    S::Flaw: Send,
    S::Halt: Send,
{
    let Crew { workers, make, done } = crew;
    let desk = Desk {
        state: Mutex::new(DeskState {
            tasks: vec![None],
            left: 1,
        }),
        changed: Condvar::new(),
        wanting: AtomicUsize::new(0),
        is_stopped: AtomicBool::new(false),
    };
    let roster = Roster::default();
    let work = || -> Result<FoundBy<S>, S::Halt> {
        let mut system = make()?;
        let mut memory = memory;
        let mut found = Found::new();
        let allows = |spent: &Spent| !desk.is_stopped.load(Ordering::Relaxed) && budget.allows(spent);
        let root = system.standing();
        while let Some(task) = desk.next() {
            system.go_back(&root);
            let mut search = Search::new(
                &mut system,
                method,
                shard,
                &mut memory,
                &roster,
                &allows,
                |seen: Seen<'_, S::End, S::Flaw>| stops(seen),
            );
            let gone = search.work(task, || {
                let is_wanted = desk.wanting.load(Ordering::Relaxed) > 0;
                is_wanted.then_some(|task: Task<S>| desk.put(Some(task)))
            });
            let stopped = search.is_stopped;
            found.join(search.finish());
            if stopped || gone.is_err() {
                desk.stop();
            }
            gone?;
            desk.done();
        }
        done(&mut system);
        Ok(found)
    };
    let parts = in_threads(workers, &desk, work);
    let mut found = Found::new();
    for part in parts {
        found.join(part?);
    }
    (found.spent.states, found.spent.bytes) = memory.size();
    Ok(found)
}

#[expect(
    clippy::disallowed_methods,
    reason = "each system has one thread; what they share is the memory of states, and in which order they write there changes nothing"
)]
fn in_threads<T, R: Send>(workers: NonZeroUsize, desk: &Desk<T>, work: impl Fn() -> R + Sync) -> Vec<R>
where
    T: Send,
{
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..workers.get())
            .map(|_| {
                scope.spawn(move || {
                    let closing = Closing(desk);
                    let done = work();
                    std::mem::forget(closing);
                    done
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    })
}
