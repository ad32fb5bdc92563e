//! What a device sees of its host.

use crate::identity::Iova;
use thiserror::Error;

/// A DMA access that found no mapping.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no DMA mapping at {at}")]
pub struct DmaFault {
    /// First address of the access that is not mapped.
    pub at: Iova,
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
