//! The frames of a host whose device is elsewhere.
//!
//! The books are those of a host in one process, so that a run has the same bus addresses on both. The bytes lie in the
//! bus's window, frame by frame, behind one frame that is not in the books: the device finds it at bus address 0, where a
//! PC has memory that belongs to nobody.

use super::bus::RemoteBus;
use super::line::{FRAME, SharedLine};
use crate::frame_table::FrameTable;
use crate::frames::{FrameUse, Frames};
use crate::memory::FIRST_ADDRESS;
use prm::Iova;
use prm::link::{BusError, MappingFailed, OutOfMemory};
use std::collections::BTreeMap;

/// See the module's head.
pub struct MappedFrames<B> {
    books: FrameTable,
    line: SharedLine<B>,
    /// Runs that the device reaches, by their first frame: how many frames.
    mapped: BTreeMap<u64, u64>,
}

impl<B: RemoteBus> MappedFrames<B> {
    /// No frame is in use.
    pub(super) fn new(line: SharedLine<B>) -> Self {
        Self {
            books: FrameTable::default(),
            line,
            mapped: BTreeMap::new(),
        }
    }

    fn map(&mut self, first: u64, count: u64) -> Result<(), MappingFailed> {
        let mapped = self
            .line
            .get()
            .map(address_of(first), window(first), count * FRAME);
        mapped.map(|()| _ = self.mapped.insert(first, count))
    }

    fn unmap(&mut self, first: u64) -> Result<(), BusError> {
        let Some(&count) = self.mapped.get(&first) else {
            return Ok(());
        };
        self.line.get().unmap(address_of(first), count * FRAME)?;
        self.mapped.remove(&first);
        Ok(())
    }
}

/// The bus address of the memory that belongs to nobody.
pub(super) const NOBODYS: Iova = Iova(0);

/// The bus address of a frame.
const fn address_of(frame: u64) -> Iova {
    Iova(FIRST_ADDRESS + frame * FRAME)
}

/// Where a frame lies in the window.
const fn window(frame: u64) -> u64 {
    (frame + 1) * FRAME
}

impl<B: RemoteBus> Frames for MappedFrames<B> {
    fn take(&mut self, count: u64, alignment: u64, usage: FrameUse) -> Result<u64, OutOfMemory> {
        let first = self.books.take(count, alignment, usage)?;
        let fits = window(first + count) <= self.line.get().bus().window_bytes();
        if fits && (!usage.is_reachable() || self.map(first, count).is_ok()) {
            return Ok(first);
        }
        // The books cannot refuse what they have just given.
        let _given_back = self.books.put(first, count);
        Err(OutOfMemory)
    }

    fn put(&mut self, first: u64, count: u64) -> Result<(), BusError> {
        self.unmap(first)?;
        // Nobody writes to it until it is taken again, and whoever takes it finds it clear.
        self.line
            .get()
            .settled()
            .clear_window(window(first), count * FRAME)?;
        self.books.put(first, count)
    }

    fn usage(&self, frame: u64) -> FrameUse {
        self.books.usage(frame)
    }

    fn set_usage(&mut self, first: u64, count: u64, usage: FrameUse) -> Result<(), BusError> {
        if usage.is_reachable() {
            self.map(first, count)
                .map_err(|MappingFailed| BusError::Refused)?;
        } else {
            self.unmap(first)?;
        }
        self.books.set_usage(first, count, usage)
    }

    fn read(&self, frame: u64, offset: usize, into: &mut [u8]) -> Result<(), BusError> {
        if self.books.usage(frame) == FrameUse::Free {
            into.fill(0);
            return Ok(());
        }
        let at = window(frame) + offset as u64;
        self.line.get().settled().read_window(at, into)
    }

    fn write(&mut self, frame: u64, offset: usize, from: &[u8]) -> Result<(), BusError> {
        let at = window(frame) + offset as u64;
        self.line.get().settled().write_window(at, from)
    }
}
