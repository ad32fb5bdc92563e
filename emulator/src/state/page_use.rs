//! Which of the pages that it holds firmware writes to.

use std::collections::BTreeSet;

/// Which of the pages that it holds firmware writes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PageUse {
    /// All of them, as a device does.
    #[default]
    All,
    /// All but those of a MANAGE_PAGES(GIVE) that was executed after the command's limit. By then the driver has given up and has
    /// freed them (`give-timeout-late`), so that what firmware writes is written into whatever a kernel has made of that memory.
    /// A judge needs a kernel that is not broken by chance; that the pages are lost is seen in the ledger all the same.
    GivenInTime,
}

/// What is used how. No part of a silicon's state: where worlds are compared every page is used.
#[derive(Clone, Debug, Default)]
pub(crate) struct PagesInUse {
    pub(crate) chosen: PageUse,
    /// Generations of the pages that are left alone.
    left_alone: BTreeSet<u64>,
}

impl PagesInUse {
    /// Firmware writes nothing to the page of this generation.
    pub(crate) fn leave_alone(&mut self, generation: u64) {
        self.left_alone.insert(generation);
    }

    /// Whether firmware writes to the page of this generation, and expects to find there what it wrote.
    pub(crate) fn uses(&self, generation: u64) -> bool {
        !self.left_alone.contains(&generation)
    }
}
