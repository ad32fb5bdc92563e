//! Bus addresses and the frames behind them; an access as the pieces of frames that it touches.

use crate::frames::FRAME_BYTES;
use prm::Iova;
use std::ops::Range;

/// The first bus address handed out. Above 4 GiB, so that both halves of an address are in use.
pub const FIRST_ADDRESS: u64 = 1 << 32;

/// Bytes of a frame.
pub(super) const FRAME: u64 = FRAME_BYTES as u64;

/// The part of an access that lies in one frame.
pub(super) struct Piece {
    /// Its first bus address.
    pub at: Iova,
    /// The frame; `None` below the first address that is handed out.
    pub frame: Option<u64>,
    /// Where in the frame it begins.
    pub offset: usize,
    /// Which of the caller's bytes it is.
    pub range: Range<usize>,
}

/// The bus address of a frame's first byte.
pub(super) const fn address_of(frame: u64) -> Iova {
    Iova(FIRST_ADDRESS + frame * FRAME)
}

/// The frame that a bus address lies in.
pub(super) const fn frame_of(at: Iova) -> Option<u64> {
    match at.0.checked_sub(FIRST_ADDRESS) {
        Some(distance) => Some(distance / FRAME),
        None => None,
    }
}

/// Splits an access at frame boundaries.
pub(super) fn pieces(at: Iova, bytes: usize) -> impl Iterator<Item = Piece> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done >= bytes {
            return None;
        }
        let at = Iova(at.0.saturating_add(done as u64));
        let offset = usize::try_from(at.0 % FRAME).unwrap_or(0);
        let length = (FRAME_BYTES - offset).min(bytes - done);
        let range = done..done + length;
        done += length;
        Some(Piece {
            at,
            frame: frame_of(at),
            offset,
            range,
        })
    })
}
