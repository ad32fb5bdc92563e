//! Ways drawn from a seed. They find what is easily found, and prove nothing.

use crate::budget::Verdict;
use crate::exhaustive::FoundBy;
use crate::found::{Found, Witness};
use crate::system::{Ended, System};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

/// How a way is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Every choice is as likely as any other.
    Uniform,
    /// Actors have priorities that are drawn; at so many places of the way, less one, the one whose turn it is loses his (PCT).
    Priorities {
        /// How many orders of two steps it takes to get there.
        depth: u32,
    },
}

/// A way longer than this has no end.
const LONGEST: usize = 200_000;

/// Goes one way from where the system stands, and brings it back. `length` is about how many choices a way has.
///
/// # Errors
/// What stopped the system.
pub fn walk<S: System>(system: &mut S, draw: Draw, seed: u64, length: usize) -> Result<FoundBy<S>, S::Halt> {
    let root = system.standing();
    let walked = Walk::new(draw, seed, length).go(system);
    system.go_back(&root);
    walked
}

/// How many choices the way has on which the first candidate is always chosen: about as long as others.
///
/// # Errors
/// What stopped the system.
pub fn length_in_order<S: System>(system: &mut S) -> Result<usize, S::Halt> {
    let root = system.standing();
    let mut length = 0;
    while let Some(candidate) = system.candidates().first()
        && length < LONGEST
    {
        let choice = candidate.choice;
        system.take(choice)?;
        length += 1;
    }
    system.go_back(&root);
    Ok(length)
}

struct Walk<A> {
    draws: ChaCha8Rng,
    draw: Draw,
    priorities: BTreeMap<A, u64>,
    /// Where priorities change.
    changes: BTreeSet<u64>,
    /// The lowest priority that was given.
    lowest: u64,
}

impl<A: Copy + Ord> Walk<A> {
    fn new(draw: Draw, seed: u64, length: usize) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let changes = match draw {
            Draw::Uniform => 0,
            Draw::Priorities { depth } => depth.saturating_sub(1),
        };
        let changes = (0..changes)
            .map(|_| draws.next_u64() % length.max(1) as u64)
            .collect();
        Self {
            draws,
            draw,
            priorities: BTreeMap::new(),
            changes,
            // Priorities that are drawn are above all that are given later.
            lowest: u64::from(u32::MAX),
        }
    }

    fn go<S: System<Actor = A>>(mut self, system: &mut S) -> Result<FoundBy<S>, S::Halt> {
        let mut found = Found::new();
        let mut path: Vec<S::Choice> = Vec::new();
        let (mut before, mut preemptions) = (None, 0);
        loop {
            let candidates = system.candidates();
            if candidates.is_empty() {
                break;
            }
            if path.len() >= LONGEST {
                found.verdict = Verdict::Spent;
                break;
            }
            let actors: Vec<A> = candidates.iter().map(|candidate| candidate.actor).collect();
            let candidate = candidates[self.choose(&actors, path.len() as u64)];
            let left = before.is_some_and(|before| before != candidate.actor && actors.contains(&before));
            preemptions += u32::from(left);
            before = Some(candidate.actor);
            let taken = system.take(candidate.choice)?;
            path.push(candidate.choice);
            found.spent.transitions += 1;
            for flaw in taken.flaws {
                let size = (preemptions, path.len());
                found.note_flaw(flaw, || witness(&path, preemptions), size);
            }
        }
        found.spent.depth = path.len() as u64;
        if found.verdict == Verdict::Exhausted {
            let Ended { end, flaws } = system.end()?;
            let size = (preemptions, path.len());
            for flaw in flaws {
                found.note_flaw(flaw, || witness(&path, preemptions), size);
            }
            found.note_end(end, true, || witness(&path, preemptions), size);
        }
        Ok(found)
    }

    fn choose(&mut self, actors: &[A], place: u64) -> usize {
        match self.draw {
            Draw::Uniform => {
                let draw = self.draws.next_u64() % actors.len() as u64;
                usize::try_from(draw).unwrap_or(0)
            }
            Draw::Priorities { .. } => {
                for &actor in actors {
                    if !self.priorities.contains_key(&actor) {
                        let priority = self.draws.next_u64() | 1 << 63;
                        self.priorities.insert(actor, priority);
                    }
                }
                let highest = |walk: &Self| {
                    let priority = |&place: &usize| walk.priorities.get(&actors[place]).copied();
                    (0..actors.len()).max_by_key(priority).unwrap_or(0)
                };
                if self.changes.remove(&place) {
                    self.lowest -= 1;
                    let loser = highest(self);
                    self.priorities.insert(actors[loser], self.lowest);
                }
                highest(self)
            }
        }
    }
}

fn witness<C: Copy>(path: &[C], preemptions: u32) -> Witness<C> {
    Witness {
        preemptions,
        choices: path.to_vec(),
    }
}
