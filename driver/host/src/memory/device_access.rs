//! What a device does to the memory of its host, where both are in this process.

use super::HostMemory;
use super::pieces::{FRAME, pieces};
use crate::frames::{FRAME_BYTES, Frames};
use crate::holdings::StrayKind;
use prm::Iova;
use prm::link::DmaFault;

impl<F: Frames> HostMemory<F> {
    /// The device reads.
    ///
    /// # Errors
    /// [`DmaFault`] when a byte is not mapped; the access is recorded.
    pub fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        if let Some(offset) = low_memory(at, into.len()) {
            self.stray(StrayKind::LowMemoryRead, at, into.len() as u64);
            match &self.low {
                Some(low) => into.copy_from_slice(&low[offset..offset + into.len()]),
                None => into.fill(0),
            }
            return Ok(());
        }
        if let Some(unmapped) = self.first_unmapped(at, into.len()) {
            self.stray(StrayKind::DeviceRead, at, into.len() as u64);
            return Err(DmaFault { at: unmapped });
        }
        self.read_pieces(at, into).map_err(|_| DmaFault { at })
    }

    /// The device writes.
    ///
    /// # Errors
    /// [`DmaFault`] when a byte is not mapped; the access is recorded and nothing is written.
    pub fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        if let Some(offset) = low_memory(at, from.len()) {
            self.stray(StrayKind::LowMemoryWrite, at, from.len() as u64);
            let low = self.low.get_or_insert_with(|| Box::new([0; FRAME_BYTES]));
            low[offset..offset + from.len()].copy_from_slice(from);
            return Ok(());
        }
        if let Some(unmapped) = self.first_unmapped(at, from.len()) {
            self.stray(StrayKind::DeviceWrite, at, from.len() as u64);
            return Err(DmaFault { at: unmapped });
        }
        self.write_pieces(at, from).map_err(|_| DmaFault { at })
    }

    /// The first address of an access that the device cannot reach.
    fn first_unmapped(&self, at: Iova, bytes: usize) -> Option<Iova> {
        pieces(at, bytes)
            .find(|piece| match piece.frame {
                Some(frame) => !self.frames.usage(frame).is_reachable(),
                None => piece.at.0 >= FRAME,
            })
            .map(|piece| piece.at)
    }
}

/// Where in the first page an access begins that lies in it.
fn low_memory(at: Iova, bytes: usize) -> Option<usize> {
    let offset = usize::try_from(at.0).ok()?;
    (offset.checked_add(bytes)? <= FRAME_BYTES).then_some(offset)
}
