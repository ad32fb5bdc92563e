//! Memory that host and device share, as the driver sees it.

use super::BusError;
use crate::identity::Iova;
use thiserror::Error;

/// A host page as the host's allocator names it. It has no meaning to the device until it is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPage(pub u64);

/// The host has no memory to give.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[error("the host has no memory left")]
pub struct OutOfMemory;

/// The host could not make a page visible to the device.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[error("the host could not map the page for DMA")]
pub struct MappingFailed;

/// Pages for firmware, and memory for queues and mailboxes.
pub trait DmaMemory {
    /// Size of a host page in bytes (4096 or 65536).
    fn page_size(&self) -> u64;

    /// Takes one zeroed host page of [`Self::page_size`] bytes.
    ///
    /// # Errors
    /// [`OutOfMemory`] when the host refuses.
    fn allocate_page(&mut self) -> Result<HostPage, OutOfMemory>;

    /// Gives a host page back. It must not be mapped any more.
    fn free_page(&mut self, page: HostPage);

    /// Maps a host page for DMA in both directions.
    ///
    /// # Errors
    /// [`MappingFailed`] when the host refuses.
    fn map_page(&mut self, page: HostPage) -> Result<Iova, MappingFailed>;

    /// Undoes [`Self::map_page`].
    ///
    /// # Errors
    /// [`BusError`] when the device may still reach the page: then it must not be given to anybody else.
    fn unmap_page(&mut self, at: Iova) -> Result<(), BusError>;

    /// Takes `bytes` of zeroed memory that host and device share for long (queues, mailbox pools); page aligned,
    /// contiguous on the bus.
    ///
    /// # Errors
    /// [`OutOfMemory`] when the host refuses.
    fn allocate_coherent(&mut self, bytes: u64) -> Result<Iova, OutOfMemory>;

    /// Gives memory of [`Self::allocate_coherent`] back.
    ///
    /// # Errors
    /// [`BusError`] when the device may still reach it: then it stays taken.
    fn free_coherent(&mut self, at: Iova, bytes: u64) -> Result<(), BusError>;

    /// Reads shared memory.
    ///
    /// # Errors
    /// [`BusError`] when it cannot be reached; nothing is promised about `into` then.
    fn read(&self, at: Iova, into: &mut [u8]) -> Result<(), BusError>;

    /// Writes shared memory.
    ///
    /// # Errors
    /// [`BusError`] when it cannot be reached; nothing is promised about the memory then.
    fn write(&mut self, at: Iova, from: &[u8]) -> Result<(), BusError>;
}
