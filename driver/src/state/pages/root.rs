//! One owner's pages.

use super::host_page::TrackedPage;
use super::page_table::PageTable;
use crate::books::{FunctionType, OwnerKey};
use prm::WireIdentity;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

/// All pages of one owner (an entry of `page_root_xa`).
#[derive(Clone, Debug)]
pub struct Root {
    /// The host pages.
    pub table: PageTable,
    /// The owner's name on the wire.
    pub wire: WireIdentity,
    /// The owner's type, as far as it is known.
    pub function_type: FunctionType,
    /// 4 KiB pages that are taken, those held aside included.
    pub used: u64,
    /// Of those, the ones that are held aside because their fate is unknown.
    pub held: u64,
}

impl Root {
    /// Hashes it, on a host with so many 4 KiB pages in one of its own.
    pub(super) fn hash_with<H: Hasher>(&self, sub_pages: u32, state: &mut H) {
        let Self {
            table,
            wire,
            function_type,
            used,
            held,
        } = self;
        table.hash_with(sub_pages, state);
        (wire, function_type, used, held).hash(state);
    }

    /// A root without pages.
    #[must_use]
    pub fn new(wire: WireIdentity, function_type: FunctionType) -> Self {
        Self {
            table: PageTable::default(),
            wire,
            function_type,
            used: 0,
            held: 0,
        }
    }

    /// 4 KiB pages that firmware is thought to have.
    #[must_use]
    pub const fn given(&self) -> u64 {
        self.used.saturating_sub(self.held)
    }

    /// Notes that so many 4 KiB pages are taken.
    pub const fn note_taken(&mut self, pages: u64) {
        self.used += pages;
    }

    /// Notes that so many are back.
    pub const fn note_returned(&mut self, pages: u64) {
        self.used = self.used.saturating_sub(pages);
    }

    /// The keys that are stored on the host pages, and the root's own: one but while it moves.
    #[must_use]
    pub fn keys(&self, own: OwnerKey) -> BTreeSet<OwnerKey> {
        let stored = self.descending().map(|(_, page)| page.key);
        stored.chain([own]).collect()
    }

    /// The host pages by descending address.
    pub fn descending(&self) -> impl Iterator<Item = (u64, &TrackedPage)> {
        self.table.descending()
    }
}
