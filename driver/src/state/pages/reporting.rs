//! How much of what the page code has to say has been printed.

use prm::Cycles;

/// Messages of one kind in [`WINDOW`] before they are held back (`DEFAULT_RATELIMIT_BURST`).
pub(crate) const BURST: u32 = 10;

/// `DEFAULT_RATELIMIT_INTERVAL`.
pub(crate) const WINDOW: Cycles = Cycles::from_secs(5);

/// What has been printed, as far as that decides about the next message.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Reporting {
    pub(crate) window_start: Option<Cycles>,
    pub(crate) printed: u32,
    pub(crate) warned: [bool; 4],
}

/// The places that print a stack trace, once in the driver's life each (`WARN_ON_ONCE`).
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum OncePlace {
    /// A page of a key without a root comes back (`find_fw_page`).
    Find = 0,
    /// A host page's own key has no root (`free_fwp`).
    Free = 1,
    /// Reclaim by force for a key without a root (`reclaim_pages_cmd`).
    Force = 2,
    /// Release of everything for a key without a root (`release_all_pages`).
    Release = 3,
}
