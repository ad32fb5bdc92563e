//! The driver's book in the form that is compared and printed.

mod owner;

pub use owner::{FunctionType, OwnerKey};

use prm::{Cycles, PageMode, VhcaId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The page counters, in pages of 4 KiB. All wrap as the kernel's do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
pub struct Counters {
    /// All pages given.
    pub fw_pages_total: u32,
    /// Of those, VFs'.
    pub fw_pages_vfs: u32,
    /// The embedded CPU's VFs'.
    pub fw_pages_ec_vfs: u32,
    /// Scalable functions'.
    pub fw_pages_sfs: u32,
    /// The external host PF's.
    pub fw_pages_host_pf: u32,
    /// Satellite PFs'.
    pub fw_pages_spfs: u32,
    /// The driver's own. Linux has no file for it.
    #[serde(rename = "self")]
    pub own: u32,
    /// Of unknown owners. Linux has no file for it.
    pub none: u32,
    /// Pages that could not be allocated.
    pub fw_pages_alloc_failed: u32,
    /// Pages allocated and not accepted.
    pub fw_pages_give_dropped: u32,
    /// Pages asked back in vain.
    pub fw_pages_reclaim_discard: u32,
    /// Pages set aside because nobody knows whether firmware uses them.
    pub quarantine: u32,
}

impl Counters {
    /// The counters of types, unknown owners included: together they are `fw_pages_total`.
    #[must_use]
    pub const fn by_type(&self) -> [u32; 7] {
        [
            self.fw_pages_vfs,
            self.fw_pages_ec_vfs,
            self.fw_pages_sfs,
            self.fw_pages_host_pf,
            self.fw_pages_spfs,
            self.own,
            self.none,
        ]
    }

    /// Name and value of every counter.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, u32); 12] {
        [
            ("fw_pages_total", self.fw_pages_total),
            ("fw_pages_vfs", self.fw_pages_vfs),
            ("fw_pages_ec_vfs", self.fw_pages_ec_vfs),
            ("fw_pages_sfs", self.fw_pages_sfs),
            ("fw_pages_host_pf", self.fw_pages_host_pf),
            ("fw_pages_spfs", self.fw_pages_spfs),
            ("self", self.own),
            ("none", self.none),
            ("fw_pages_alloc_failed", self.fw_pages_alloc_failed),
            ("fw_pages_give_dropped", self.fw_pages_give_dropped),
            ("fw_pages_reclaim_discard", self.fw_pages_reclaim_discard),
            ("quarantine", self.quarantine),
        ]
    }
}

/// One owner in the driver's book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
pub struct OwnerView {
    /// The key pages are tracked by.
    pub key: OwnerKey,
    /// The owner's id on the wire: function id or vhca_id.
    pub id: u16,
    /// The embedded-CPU bit on the wire.
    pub ec: bool,
    /// Whether `id` is a vhca_id.
    pub mode: PageMode,
    /// Pages of 4 KiB that the book says firmware has.
    pub pages: u64,
    /// Pages of 4 KiB set aside for this owner: firmware may have them.
    pub set_aside: u64,
    /// Whether a release of all of the owner's pages waits in the page queue: firmware has dropped them, the driver will.
    pub release_queued: bool,
}

/// How a wait for pages ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum PageWaitOutcome {
    /// Nothing was pending any more, or from the start.
    Drained,
    /// The limit passed.
    TimedOut,
    /// The device was in error.
    DeviceError,
}

/// A wait for other functions' pages that has ended (`mlx5_wait_for_pages`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
pub struct PageWait {
    /// When it began.
    pub began: Cycles,
    /// When it ended.
    pub ended: Cycles,
    /// Whose pages.
    pub waited_for: FunctionType,
    /// How it ended.
    pub outcome: PageWaitOutcome,
}

/// The driver's whole book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
pub struct DriverBooks {
    /// The counters.
    pub counters: Counters,
    /// How owners are named now.
    pub page_mode: PageMode,
    /// Used 4 KiB pages by key.
    pub roots: BTreeMap<OwnerKey, u64>,
    /// The same with the identity on the wire.
    pub owners: Vec<OwnerView>,
    /// The map from vhca_id to function type.
    pub vhca_map: BTreeMap<VhcaId, FunctionType>,
    /// The eswitch's count of enabled vports.
    pub enabled_vports: i32,
    /// Waits for other functions' pages that have ended, oldest first.
    pub page_waits: Vec<PageWait>,
    /// Work items of the page queue that have not ended.
    pub page_queue_outstanding: u64,
    /// Command slots that a time-out has cost and no completion has given back.
    pub lost_command_slots: u32,
    /// VFs enabled.
    pub numvfs: u16,
    /// Whether a driver is bound: from the beginning of a load, unless it fails, to the end of an unload.
    pub bound: bool,
    /// Whether the interface is up.
    pub loaded: bool,
    /// Whether the device is in its error state.
    pub error_state: bool,
}

#[cfg(test)]
mod tests;
