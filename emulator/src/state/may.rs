//! Sets of uses: what may be looked at and changed, and whose.

use crate::state::place::Thing;
use parts::Touch;

/// What may be touched, one bit for each [`Thing`]. It is looked at for each note of each act, so it is a set and no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct May {
    /// What is the act's own, or of what there is one, may be looked at: of its endpoint, and if it has a slot, that one.
    reads: u32,
    /// The same may be changed.
    changes: u32,
    /// Whoever's it is, it may be looked at.
    reads_any: u32,
    /// Whoever's it is, it may be changed.
    changes_any: u32,
}

pub(crate) const fn bit(thing: Thing) -> u32 {
    1 << thing as u32
}

pub(crate) const fn reads(thing: Thing) -> May {
    May {
        reads: bit(thing),
        ..May::NOTHING
    }
}

pub(crate) const fn changes(thing: Thing) -> May {
    May {
        changes: bit(thing),
        ..May::NOTHING
    }
}

pub(crate) const fn reads_any(thing: Thing) -> May {
    May {
        reads_any: bit(thing),
        ..May::NOTHING
    }
}

pub(crate) const fn changes_any(thing: Thing) -> May {
    May {
        changes_any: bit(thing),
        ..May::NOTHING
    }
}

/// All of these uses.
macro_rules! may {
    ($($usage:ident($thing:ident)),* $(,)?) => {
        const { May::NOTHING$(.and($usage($thing)))* }
    };
}

pub(crate) use may;

impl May {
    pub(crate) const NOTHING: Self = Self {
        reads: 0,
        changes: 0,
        reads_any: 0,
        changes_any: 0,
    };

    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            reads: self.reads | other.reads,
            changes: self.changes | other.changes,
            reads_any: self.reads_any | other.reads_any,
            changes_any: self.changes_any | other.changes_any,
        }
    }

    /// What may be touched so if it is somebody else's, and what if it is the act's own.
    pub(crate) const fn touches(self, touch: Touch) -> (u32, u32) {
        let (any, own) = match touch {
            Touch::Nothing => (u32::MAX, u32::MAX),
            Touch::Read => (self.reads_any | self.changes_any, self.reads | self.changes),
            Touch::Write => (self.changes_any, self.changes),
        };
        // Everybody reads the description.
        let implied = match touch {
            Touch::Write => 0,
            Touch::Nothing | Touch::Read => bit(Thing::Description),
        };
        (any | implied, own | any | implied)
    }
}
