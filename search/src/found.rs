//! What a search has found.

use crate::budget::{Spent, Verdict};
use std::collections::BTreeMap;

/// A way to something: the choices from the beginning, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Witness<C> {
    /// How often an actor that could have gone on was left for another one.
    pub preemptions: u32,
    /// The choices.
    pub choices: Vec<C>,
}

impl<C> Witness<C> {
    /// Fewer preemptions are better, and then fewer choices.
    #[must_use]
    pub const fn size(&self) -> (u32, usize) {
        (self.preemptions, self.choices.len())
    }
}

/// Something that must not happen, and how it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlawSeen<C> {
    /// In how many transitions or ends it was seen.
    pub times: u64,
    /// The best way to it that was gone.
    pub witness: Witness<C>,
}

/// What ways can come to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndSeen<C> {
    /// In how many different states such ways end.
    pub states: u64,
    /// The best way to it that was gone.
    pub witness: Witness<C>,
}

/// See the module's head.
#[derive(Clone, Debug)]
pub struct Found<C, E, F> {
    /// What must not happen and does.
    pub flaws: BTreeMap<F, FlawSeen<C>>,
    /// What ways come to.
    pub ends: BTreeMap<E, EndSeen<C>>,
    /// Ways that come back to a state of theirs, with everybody who could go on having done so: the first of them.
    pub livelock: Option<Witness<C>>,
    /// What it has cost.
    pub spent: Spent,
    /// How it has ended.
    pub verdict: Verdict,
}

impl<C: Clone, E: Ord, F: Ord> Found<C, E, F> {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            flaws: BTreeMap::new(),
            ends: BTreeMap::new(),
            livelock: None,
            spent: Spent {
                states: 0,
                transitions: 0,
                bytes: 0,
                depth: 0,
            },
            verdict: Verdict::Exhausted,
        }
    }

    /// A flaw was seen at the end of a way.
    pub fn note_flaw(&mut self, flaw: F, way: impl FnOnce() -> Witness<C>, size: (u32, usize)) {
        match self.flaws.get_mut(&flaw) {
            None => {
                let seen = FlawSeen {
                    times: 1,
                    witness: way(),
                };
                self.flaws.insert(flaw, seen);
            }
            Some(seen) => {
                seen.times += 1;
                if size < seen.witness.size() {
                    seen.witness = way();
                }
            }
        }
    }

    /// A way has come to its end, in a state that is new or not.
    pub fn note_end(&mut self, end: E, is_new: bool, way: impl FnOnce() -> Witness<C>, size: (u32, usize)) {
        match self.ends.get_mut(&end) {
            None => {
                let seen = EndSeen {
                    states: 1,
                    witness: way(),
                };
                self.ends.insert(end, seen);
            }
            Some(seen) => {
                seen.states += u64::from(is_new);
                if size < seen.witness.size() {
                    seen.witness = way();
                }
            }
        }
    }

    /// What several have found together. States of ends are added: whoever joins parts that overlap counts them himself.
    pub fn join(&mut self, other: Self) {
        for (flaw, theirs) in other.flaws {
            match self.flaws.get_mut(&flaw) {
                None => _ = self.flaws.insert(flaw, theirs),
                Some(ours) => {
                    ours.times += theirs.times;
                    if theirs.witness.size() < ours.witness.size() {
                        ours.witness = theirs.witness;
                    }
                }
            }
        }
        for (end, theirs) in other.ends {
            match self.ends.get_mut(&end) {
                None => _ = self.ends.insert(end, theirs),
                Some(ours) => {
                    ours.states += theirs.states;
                    if theirs.witness.size() < ours.witness.size() {
                        ours.witness = theirs.witness;
                    }
                }
            }
        }
        self.livelock = self.livelock.take().or(other.livelock);
        self.spent = self.spent.and(other.spent);
        self.verdict = match (self.verdict, other.verdict) {
            (Verdict::Stopped, _) | (_, Verdict::Stopped) => Verdict::Stopped,
            (Verdict::Spent, _) | (_, Verdict::Spent) => Verdict::Spent,
            (Verdict::Exhausted, Verdict::Exhausted) => Verdict::Exhausted,
        };
    }

    /// Whether nothing was found that must not happen.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.flaws.is_empty() && self.livelock.is_none()
    }
}

impl<C: Clone, E: Ord, F: Ord> Default for Found<C, E, F> {
    fn default() -> Self {
        Self::new()
    }
}
