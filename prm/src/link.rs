//! The link between host and device, seen from both of its ends.
//!
//! A driver reaches its device through [`DeviceBacking`]: registers, DMA memory and a clock. A device
//! reaches its host through [`HostBus`]: DMA into host memory and interrupts. In one process both ends
//! are the same memory; over a vfio-user socket or inside a guest they are not, and neither side can tell.

use crate::identity::{Cycles, Iova};
use thiserror::Error;

/// A host page as the host's allocator names it. It has no meaning to the device until it is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPage(pub u64);

/// The host has no memory to give.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the host has no memory left")]
pub struct OutOfMemory;

/// The host could not make a page visible to the device.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the host could not map the page for DMA")]
pub struct MappingFailed;

/// A DMA access that found no mapping.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no DMA mapping at {at}")]
pub struct DmaFault {
    /// First address of the access that is not mapped.
    pub at: Iova,
}

/// What a driver sees of its device.
///
/// Register values are plain integers: the backing swaps from the big-endian order of the wire.
/// Offsets are bytes from the start of BAR 0 (of an SF: of its window in BAR 2).
pub trait DeviceBacking {
    /// Reads a 32-bit register.
    fn read_register(&mut self, offset: u32) -> u32;
    /// Reads one byte of a register (the health buffer has byte-sized fields).
    fn read_register_byte(&mut self, offset: u32) -> u8;
    /// Writes a 32-bit register.
    fn write_register(&mut self, offset: u32, value: u32);

    /// The host resets the function (PCI Express: Initiate Function Level Reset).
    fn reset_function(&mut self);

    /// The present time.
    fn now(&self) -> Cycles;

    /// Size of a host page in bytes (4096 or 65536).
    fn host_page_size(&self) -> u64;

    /// Asks whether an allocation that needs no DMA memory may succeed; `site` names the place in the
    /// driver, so that a scenario can make exactly this one fail.
    ///
    /// # Errors
    /// [`OutOfMemory`] when the host refuses.
    fn allocate(&mut self, site: &'static str) -> Result<(), OutOfMemory>;

    /// Takes one zeroed host page of [`Self::host_page_size`] bytes.
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
    fn unmap_page(&mut self, at: Iova);

    /// Takes `bytes` of zeroed memory that host and device share for long (queues, mailbox pools);
    /// page aligned, contiguous on the bus.
    ///
    /// # Errors
    /// [`OutOfMemory`] when the host refuses.
    fn allocate_coherent(&mut self, bytes: u64) -> Result<Iova, OutOfMemory>;
    /// Gives memory of [`Self::allocate_coherent`] back.
    fn free_coherent(&mut self, at: Iova, bytes: u64);

    /// Reads the driver's own shared memory.
    fn read_memory(&self, at: Iova, into: &mut [u8]);
    /// Writes the driver's own shared memory.
    fn write_memory(&mut self, at: Iova, from: &[u8]);
}

/// What a device sees of its host, for one of its functions.
pub trait HostBus {
    /// Reads host memory by DMA.
    ///
    /// # Errors
    /// [`DmaFault`] when a byte of the range is not mapped; nothing is promised about `into` then.
    fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault>;
    /// Writes host memory by DMA.
    ///
    /// # Errors
    /// [`DmaFault`] when a byte of the range is not mapped; nothing is written then.
    fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault>;
    /// Raises an MSI-X vector.
    fn interrupt(&mut self, vector: u16);
}
