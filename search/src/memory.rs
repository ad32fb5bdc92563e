//! What is remembered of states, so that nobody goes on from one in vain.

use crate::visited::{Known, Mask, Visited};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A memory of states, of one search or of several.
pub trait Memory {
    /// See [`Visited::visit`].
    fn visit(&mut self, fingerprint: u64, asleep: Mask) -> Known;
    /// How many states, and in how many bytes.
    fn size(&self) -> (u64, u64);
}

impl Memory for Visited {
    fn visit(&mut self, fingerprint: u64, asleep: Mask) -> Known {
        Self::visit(self, fingerprint, asleep)
    }

    fn size(&self) -> (u64, u64) {
        (self.len() as u64, self.bytes() as u64)
    }
}

/// With bounded preemptions: with how few, and after how few choices, somebody came to a state by an actor.
#[derive(Debug, Default)]
pub(crate) struct Fewest {
    known: BTreeMap<(u64, Mask), (u32, usize)>,
}

impl Fewest {
    /// States by actors.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether somebody who comes with so many preemptions after so many choices has something left to do.
    pub(crate) fn has_work(&mut self, state: u64, by: Mask, here: (u32, usize)) -> bool {
        match self.known.entry((state, by)) {
            Entry::Vacant(vacant) => {
                vacant.insert(here);
                true
            }
            Entry::Occupied(mut known) => {
                let (preemptions, length) = *known.get();
                if here.0 <= preemptions && here.1 <= length {
                    known.insert(here);
                }
                preemptions > here.0 || length > here.1
            }
        }
    }
}

/// What is known of a state.
pub(crate) enum Remembered {
    /// There is something to do.
    Go {
        /// Of a state that is new.
        fingerprint: Option<u64>,
        /// Only for those who slept before; nothing: for all.
        woken: Option<Mask>,
    },
    /// Nothing is left to do.
    Known,
}

impl Remembered {
    /// There is something to do for all, and nothing was remembered.
    pub(crate) const UNKNOWN: Self = Self::Go {
        fingerprint: None,
        woken: None,
    };
}
