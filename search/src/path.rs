//! The choices from the beginning to where a system stands.

use crate::found::Witness;
use crate::system::Candidate;

/// See the module's head.
#[derive(Clone, Debug)]
pub(crate) struct Path<C, A> {
    made: Vec<(C, A)>,
}

impl<C, A> Default for Path<C, A> {
    fn default() -> Self {
        Self { made: Vec::new() }
    }
}

impl<C: Copy, A: Copy + Eq> Path<C, A> {
    /// How many choices there are.
    pub(crate) const fn len(&self) -> usize {
        self.made.len()
    }

    /// The choices, from the first one on.
    pub(crate) fn choices(&self) -> impl Iterator<Item = C> {
        self.made.iter().map(|&(choice, _)| choice)
    }

    /// One more choice, made by this actor.
    pub(crate) fn push(&mut self, choice: C, actor: A) {
        self.made.push((choice, actor));
    }

    /// Only the first so many are left.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.made.truncate(length);
    }

    /// The first so many.
    pub(crate) fn beginning(&self, length: usize) -> Self {
        Self {
            made: self.made[..length].to_vec(),
        }
    }

    /// Who made the last one.
    pub(crate) fn last_actor(&self) -> Option<A> {
        self.made.last().map(|&(_, actor)| actor)
    }

    /// Whether this actor has made a choice after the first so many.
    pub(crate) fn went_since(&self, length: usize, actor: A) -> bool {
        self.made[length..].iter().any(|&(_, who)| who == actor)
    }

    /// Whether whoever made the choice before the first so many end could have gone on where another one does.
    pub(crate) fn preempts(&self, length: usize, candidates: &[Candidate<C, A>], actor: A) -> bool {
        let before = length.checked_sub(1).map(|last| self.made[last].1);
        before.is_some_and(|before| {
            before != actor && candidates.iter().any(|candidate| candidate.actor == before)
        })
    }

    /// It, to be shown to others.
    pub(crate) fn witness(&self, preemptions: u32) -> Witness<C> {
        Witness {
            preemptions,
            choices: self.choices().collect(),
        }
    }
}
