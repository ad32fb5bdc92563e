//! The memory behind bus addresses, as frames of 4 KiB: what each is used for, and its bytes.

use prm::link::{BusError, OutOfMemory};

/// Bytes of a frame.
pub const FRAME_BYTES: usize = 4096;

/// What a frame is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameUse {
    /// Nobody has it.
    #[default]
    Free,
    /// The host has it, the device cannot reach it.
    Allocated,
    /// Part of a host page that the device can reach.
    Mapped,
    /// Part of a buffer that host and device share.
    Coherent,
}

impl FrameUse {
    /// Whether the device can reach it.
    #[must_use]
    pub const fn is_reachable(self) -> bool {
        matches!(self, Self::Mapped | Self::Coherent)
    }
}

/// The frames of a host, by number from 0. [`FrameTable`](crate::FrameTable) has them in this process.
///
/// Whoever implements it hands numbers out as `FrameTable` does: bus addresses follow from them.
pub trait Frames {
    /// Takes `count` zeroed frames in a row and returns the first, whose number is a multiple of `alignment`. Runs of one length
    /// are always taken with one alignment.
    ///
    /// # Errors
    /// [`OutOfMemory`] when there are no more, or when they cannot be made what they are to be used for.
    fn take(&mut self, count: u64, alignment: u64, usage: FrameUse) -> Result<u64, OutOfMemory>;

    /// Gives a run of frames back, as it was taken. The device cannot reach it any more.
    ///
    /// # Errors
    /// [`BusError`] when the device may still reach it: then it stays as it is.
    fn put(&mut self, first: u64, count: u64) -> Result<(), BusError>;

    /// What a frame is used for.
    fn usage(&self, frame: u64) -> FrameUse;

    /// Changes what a run of frames that somebody has is used for. A use that is reachable makes it so.
    ///
    /// # Errors
    /// [`BusError`] when it cannot be made reachable or unreachable: then it stays as it is.
    fn set_usage(&mut self, first: u64, count: u64, usage: FrameUse) -> Result<(), BusError>;

    /// Reads within one frame, from the byte at `offset`. A frame that nobody has reads as zeros.
    ///
    /// # Errors
    /// [`BusError`] when the memory cannot be reached.
    fn read(&self, frame: u64, offset: usize, into: &mut [u8]) -> Result<(), BusError>;

    /// Writes within one frame that somebody has, from the byte at `offset`.
    ///
    /// # Errors
    /// [`BusError`] when the memory cannot be reached.
    fn write(&mut self, frame: u64, offset: usize, from: &[u8]) -> Result<(), BusError>;
}
