//! What a stage sees of host memory: what each driver has of it, and accesses that should not have been.

use prm::Iova;
use serde::{Deserialize, Serialize};

/// What a driver instance has taken and not given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    /// Host pages.
    pub pages: u64,
    /// Mapped host pages.
    pub mappings: u64,
    /// Shared buffers.
    pub buffers: u64,
}

/// Which driver instance takes or gives back: its place in the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Account(pub usize);

/// An access that should not have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// What was wrong with it.
    pub kind: StrayKind,
    /// Its first address, or that of the page concerned.
    pub at: Iova,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Kinds of stray accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrayKind {
    /// The device read an address that is not mapped.
    DeviceRead,
    /// The device wrote to an address that is not mapped.
    DeviceWrite,
    /// The device read page 0.
    LowMemoryRead,
    /// The device wrote to page 0.
    LowMemoryWrite,
    /// The driver wrote to memory it does not have.
    DriverWrite,
    /// A page or buffer was given back that the driver does not have, or not in this way.
    WrongFree,
    /// A page was given back while it was mapped.
    FreedWhileMapped,
    /// A mapping was undone that did not exist.
    WrongUnmap,
}

/// The host's own books of its memory.
pub trait HostView {
    /// What a driver has at present.
    fn holdings(&self, account: Account) -> Holdings;

    /// Whether the 4 KiB page at `at` belongs to a host page that the device can reach.
    fn is_mapped(&self, at: Iova) -> bool;

    /// The same as plain data.
    fn shown(&self) -> ShownMemory;
}

/// The host's books of its memory at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMemory {
    /// What each driver has, by its place.
    pub holdings: Vec<Holdings>,
    /// What of host pages the device can reach, in order of addresses; no two ranges touch.
    pub mapped: Vec<MappedRange>,
}

/// Host pages in a row that the device can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedRange {
    /// The first bus address.
    pub at: Iova,
    /// How many bytes.
    pub bytes: u64,
}

impl HostView for ShownMemory {
    fn holdings(&self, account: Account) -> Holdings {
        self.holdings.get(account.0).copied().unwrap_or_default()
    }

    fn is_mapped(&self, at: Iova) -> bool {
        let after = self.mapped.partition_point(|range| range.at <= at);
        let range = after.checked_sub(1).and_then(|last| self.mapped.get(last));
        range.is_some_and(|range| at.0 - range.at.0 < range.bytes)
    }

    fn shown(&self) -> ShownMemory {
        self.clone()
    }
}
