//! How a part was used.

use std::ops::BitOr;

/// How a part was used since its notes were taken last. Who changes a value may have looked at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touch {
    /// Not at all.
    #[default]
    Nothing,
    /// It was looked at.
    Read,
    /// It was, or could have been, changed.
    Write,
}

impl BitOr for Touch {
    type Output = Self;

    /// The stronger of two uses.
    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.max(other)
    }
}
