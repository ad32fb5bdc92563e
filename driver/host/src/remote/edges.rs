//! Interrupts between device and driver: a vector that no driver has enabled is masked, and an edge that nobody has taken
//! yet is one edge.

use prm::Function;
use std::collections::{BTreeSet, VecDeque};

/// A vector of a function.
pub(super) type Vector = (Function, u16);

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    enabled: BTreeSet<Vector>,
    raised: VecDeque<Vector>,
}

impl Edges {
    pub(super) fn enable(&mut self, vector: Vector) {
        self.enabled.insert(vector);
    }

    /// An edge that is on its way arrives.
    pub(super) fn disable(&mut self, vector: Vector) {
        self.enabled.remove(&vector);
    }

    pub(super) fn raise(&mut self, vector: Vector) {
        if self.enabled.contains(&vector) && !self.raised.contains(&vector) {
            self.raised.push_back(vector);
        }
    }

    /// The oldest edge that nobody has taken.
    pub(super) fn take(&mut self) -> Option<Vector> {
        self.raised.pop_front()
    }

    /// The edges that nobody has taken, oldest first.
    pub(super) fn raised(&self) -> Vec<Vector> {
        self.raised.iter().copied().collect()
    }

    /// Takes this one. Returns whether it was there.
    pub(super) fn take_one(&mut self, vector: Vector) -> bool {
        let place = self.raised.iter().position(|&raised| raised == vector);
        place.is_some_and(|place| self.raised.remove(place).is_some())
    }
}
