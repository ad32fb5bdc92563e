//! Interrupt vectors of a machine whose device is in this process: which are enabled, and which were raised and not taken.

use prm::Function;
use std::collections::{BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};

/// A vector of a function.
pub type Line = (Function, u16);

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub struct Vectors {
    /// Those that a driver has told to it.
    enabled: BTreeSet<Line>,
    raised: VecDeque<Line>,
}

impl Hash for Vectors {
    /// Which of those that were raised came first is no matter: any can be taken.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.enabled.hash(state);
        self.raised.iter().collect::<BTreeSet<_>>().hash(state);
    }
}

impl Vectors {
    /// A driver takes interrupts of this vector from now on.
    pub fn enable(&mut self, line: Line) {
        self.enabled.insert(line);
    }

    /// It does not any more. What was raised can still be taken.
    pub fn disable(&mut self, line: Line) {
        self.enabled.remove(&line);
    }

    /// Whether a driver takes interrupts of this vector.
    #[must_use]
    pub fn is_enabled(&self, line: Line) -> bool {
        self.enabled.contains(&line)
    }

    /// Those that are enabled.
    pub fn enabled(&self) -> impl ExactSizeIterator<Item = Line> + '_ {
        self.enabled.iter().copied()
    }

    /// The device raises an edge. A vector that no driver has enabled is masked; an edge that is not taken yet is one edge.
    pub fn raise(&mut self, line: Line) {
        if self.is_enabled(line) && !self.raised.contains(&line) {
            self.raised.push_back(line);
        }
    }

    /// A device that keeps to nothing raises an edge, masked or there already as it may be.
    pub fn force(&mut self, line: Line) {
        self.raised.push_back(line);
    }

    /// Takes the edge that came first.
    pub fn take(&mut self) -> Option<Line> {
        self.raised.pop_front()
    }

    /// Those that were raised, the first one first.
    pub fn raised(&self) -> impl Iterator<Item = Line> + '_ {
        self.raised.iter().copied()
    }

    /// Takes this edge; whether it was there.
    pub fn take_this(&mut self, line: Line) -> bool {
        let place = self.raised.iter().position(|&raised| raised == line);
        place.is_some_and(|place| self.raised.remove(place).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_raised_once_where_it_is_enabled_and_any_can_be_taken() {
        let (one, other) = ((Function::Pf, 0), (Function::Vf(1), 3));
        let mut vectors = Vectors::default();
        vectors.raise(one);
        assert_eq!(vectors.take(), None);
        vectors.enable(one);
        vectors.enable(other);
        for line in [one, other, one] {
            vectors.raise(line);
        }
        assert_eq!(vectors.raised().collect::<Vec<_>>(), [one, other]);
        assert!(vectors.take_this(other) && !vectors.take_this(other));
        vectors.disable(one);
        assert_eq!((vectors.take(), vectors.take()), (Some(one), None));
        vectors.force(one);
        vectors.force(one);
        assert_eq!(vectors.raised().count(), 2);
    }
}
