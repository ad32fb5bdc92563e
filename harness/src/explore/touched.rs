//! What a choice, with all that followed from it at once, has announced and was seen to touch.

use super::vocabulary::Uses;
use search::Conflict;

/// See the module's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub(super) uses: Uses,
    /// Time has passed, or it is not known what was touched.
    pub(super) everything: bool,
    /// The driver's book of pages was written.
    pub(super) pages_moved: bool,
}

impl Touched {
    /// Who is not known may touch everything.
    pub(super) const EVERYTHING: fn() -> Self = || Self {
        everything: true,
        ..Self::default()
    };

    pub(super) fn add(&mut self, other: &Self) {
        self.uses.add(&other.uses);
        self.everything |= other.everything;
    }

    pub(super) fn holds(&self, other: &Self) -> bool {
        self.uses.holds(&other.uses) && (self.everything || !other.everything)
    }
}

impl Conflict for Touched {
    fn conflicts_with(&self, other: &Self) -> bool {
        self.everything || other.everything || self.uses.conflicts_with(&other.uses)
    }
}
