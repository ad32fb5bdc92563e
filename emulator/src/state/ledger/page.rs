//! A page in the book.

use crate::state::numbers::Acceptance;
use prm::Iova;
use std::hash::{Hash, Hasher};

/// log2 of an ICM page's size in bytes.
pub const PAGE_SHIFT: u32 = 12;

/// A page that firmware holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnedPage {
    /// Page number: the bus address divided by 4096.
    pub number: u64,
    /// Which acceptance this was, counted over the whole life of the silicon. A page that is given, taken and given
    /// again has another generation.
    pub generation: u64,
}

impl Hash for OwnedPage {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { number, generation } = self;
        Iova(number << PAGE_SHIFT).hash(state);
        Acceptance(*generation).hash(state);
    }
}

impl OwnedPage {
    /// The page's bus address.
    #[must_use]
    pub const fn address(self) -> Iova {
        Iova(self.number << PAGE_SHIFT)
    }
}
