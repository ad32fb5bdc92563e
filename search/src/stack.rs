//! States on the way to where a system stands, from which somebody has yet to go on.

use crate::path::Path;
use crate::sleep::Sleeper;
use crate::system::{Candidate, System};
use crate::visited::Mask;
use std::collections::BTreeMap;

/// The path of a search.
pub(crate) type PathOf<S> = Path<<S as System>::Choice, <S as System>::Actor>;

/// What is known of a place beside its state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// How many choices that led there were preemptions.
    pub(crate) preemptions: u32,
    /// The hash of the choices at the first branchings, and how many those are.
    pub(crate) way: u64,
    pub(crate) branchings: u32,
}

/// A choice that somebody else makes: the way to it, and what he has to know.
pub(crate) struct Task<S: System> {
    pub(crate) path: PathOf<S>,
    pub(crate) candidate: Candidate<S::Choice, S::Actor>,
    /// Bits and what is touched; it goes to another thread.
    pub(crate) asleep: Vec<(Mask, S::Touched)>,
    pub(crate) place: Place,
}

/// A state from which somebody has yet to go on.
pub(crate) struct Frame<S: System> {
    pub(crate) candidates: Vec<Candidate<S::Choice, S::Actor>>,
    /// What is still to be chosen, the last one first.
    pub(crate) open: Vec<usize>,
    pub(crate) standing: Option<S::Standing>,
    /// Who sleeps here, and whose choice was made here before.
    pub(crate) asleep: Vec<Sleeper<S::Touched>>,
    /// How many choices led here.
    pub(crate) depth: usize,
    pub(crate) place: Place,
    /// Where states are remembered, if this one is new.
    pub(crate) fingerprint: Option<u64>,
}

/// See the module's head.
pub(crate) struct Stack<S: System> {
    frames: Vec<Frame<S>>,
    /// The new states among them, by their places.
    on_path: BTreeMap<u64, usize>,
}

impl<S: System> Default for Stack<S> {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            on_path: BTreeMap::new(),
        }
    }
}

impl<S: System> Stack<S> {
    pub(crate) fn push(&mut self, frame: Frame<S>) {
        if let Some(fingerprint) = frame.fingerprint {
            self.on_path.insert(fingerprint, self.frames.len());
        }
        self.frames.push(frame);
    }

    pub(crate) fn last(&self) -> Option<&Frame<S>> {
        self.frames.last()
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut Frame<S>> {
        self.frames.last_mut()
    }

    /// The choice that is to be made next: one of the last state from which somebody has yet to go on.
    pub(crate) fn next_choice(&mut self) -> Option<usize> {
        loop {
            let frame = self.frames.last_mut()?;
            if let Some(index) = frame.open.pop() {
                return Some(index);
            }
            if let Some(fingerprint) = frame.fingerprint {
                self.on_path.remove(&fingerprint);
            }
            self.frames.pop();
        }
    }

    /// The choice nearest to the beginning that was not made, if others are left.
    pub(crate) fn give_away(&mut self, path: &PathOf<S>) -> Option<Task<S>> {
        let left: usize = self.frames.iter().map(|frame| frame.open.len()).sum();
        if left < 2 {
            return None;
        }
        let frame = self.frames.iter_mut().find(|frame| !frame.open.is_empty())?;
        let index = frame.open.remove(0);
        let alone = |sleeper: &Sleeper<S::Touched>| (sleeper.bit, S::Touched::clone(&sleeper.touched));
        Some(Task {
            path: path.beginning(frame.depth),
            candidate: frame.candidates[index],
            asleep: frame.asleep.iter().map(alone).collect(),
            place: frame.place,
        })
    }

    /// Whether the path has come back to a state that it went through, and everybody who could go on in every state since then
    /// has: that can go on for ever.
    pub(crate) fn is_fair_circle(&self, fingerprint: u64, path: &PathOf<S>) -> bool {
        let Some(&since) = self.on_path.get(&fingerprint) else {
            return false;
        };
        let frames = &self.frames[since..];
        let Some(first) = frames.first() else { return false };
        first.candidates.iter().all(|candidate| {
            let could = |frame: &Frame<S>| {
                let mut others = frame.candidates.iter();
                others.any(|other| other.actor == candidate.actor)
            };
            path.went_since(first.depth, candidate.actor) || !frames.iter().all(could)
        })
    }
}
