//! What a stage sees of host memory: what each driver has of it, and accesses that should not have been.

use prm::Iova;

/// What a driver instance has taken and not given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Host pages.
    pub pages: u64,
    /// Mapped host pages.
    pub mappings: u64,
    /// Shared buffers.
    pub buffers: u64,
}

/// Which driver instance takes or gives back: its place in the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account(pub usize);

/// An access that should not have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stray {
    /// What was wrong with it.
    pub kind: StrayKind,
    /// Its first address, or that of the page concerned.
    pub at: Iova,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Kinds of stray accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
}
