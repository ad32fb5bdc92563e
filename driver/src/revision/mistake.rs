//! What no revision does: mistakes that somebody could make, each at one place. Tests make drivers of them and see that they are found.

/// A mistake. Every one of them is a few lines that look right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mistake {
    /// New pages are booked under the type that was looked up, though the owner has come to be known since.
    GiveKeepsStaleType,
    /// The last of the pages that firmware returns is not put back.
    ReclaimForgetsLast,
    /// All pages of an owner are dropped from its root, and their host pages stay.
    ReleaseForgetsHostPages,
    /// The boot pages move, and keep their old key.
    MigrationForgetsKeys,
    /// A wait for pages takes fewer for none.
    WaitTakesFewerForNone,
    /// The type of an owner is put into the map, and what it has already is not told.
    MapForgetsPages,
    /// A page command is sent under the eswitch's lock.
    GiveHoldsEswitchLock,
}
