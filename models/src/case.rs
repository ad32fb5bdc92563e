//! What is run.

/// A race of the review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Race {
    /// VFs are enabled while page requests of them are served: under which type is a page counted that was given before its
    /// owner was known, and taken after? Violated by a counter below zero, or by books that are apart when all pages are back. That pages are counted under the
    /// wrong type for as long as they are given violates nothing here, though no wait covers them then (`merged`).
    Drift,
    /// A vport is enabled under the eswitch's state lock, and its command waits for pages that the one worker of the page queue
    /// brings. Violated when everybody waits for somebody.
    Lock,
    /// The boot pages move to another key while others of them are freed. Who frees reads a page's key, and then looks up the
    /// root under it, as Linux does. Violated by a key that leads to no root: the page is lost.
    Migration,
    /// The same, but who frees holds one lock from the key to the root.
    GuardedMigration,
}

impl Race {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Drift, Self::Lock, Self::Migration, Self::GuardedMigration];
}

/// A revision of the page code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// As first posted for review.
    Reviewed,
    /// As in Linux 7.2.
    Merged,
    /// As the review would have it.
    Robust,
}

impl Revision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reviewed, Self::Merged, Self::Robust];
}

/// How large a race is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many VFs are enabled. Where boot pages move: how many there are.
    pub vfs: usize,
    /// How often pages are asked for: of all VFs together where counters may drift, by each command where a lock is held. Where boot
    /// pages move: how many of them are freed.
    pub requests: usize,
}

/// A race in a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Which race.
    pub race: Race,
    /// In which revision.
    pub revision: Revision,
    /// How large.
    pub size: Size,
}
