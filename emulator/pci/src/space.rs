//! Configuration space as memory: bytes, and which of their bits can be written.

use std::ops::Range;

/// Bytes of PCI Express configuration space.
pub const LENGTH: usize = 4096;
/// Where extended configuration space begins.
pub(crate) const EXTENDED: usize = 0x100;

/// Bytes of configuration space with a write mask. Registers are little-endian.
#[derive(Clone)]
pub(crate) struct Space {
    bytes: Box<[u8; LENGTH]>,
    /// A set bit can be written.
    writable: Box<[u8; LENGTH]>,
}

impl std::fmt::Debug for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Space").finish_non_exhaustive()
    }
}

/// The range of an access, cut off at the end of the space.
fn inside(at: usize, length: usize) -> Range<usize> {
    at.min(LENGTH)..at.saturating_add(length).min(LENGTH)
}

impl Space {
    /// Zeros that cannot be written.
    pub(crate) fn new() -> Self {
        Self {
            bytes: Box::new([0; LENGTH]),
            writable: Box::new([0; LENGTH]),
        }
    }

    /// Sets bytes, whether they can be written or not.
    pub(crate) fn set<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        let range = inside(at, N);
        let count = range.len();
        self.bytes[range].copy_from_slice(&bytes[..count]);
    }

    /// Says which bits can be written from now on.
    pub(crate) fn allow<const N: usize>(&mut self, at: usize, mask: [u8; N]) {
        let range = inside(at, N);
        let count = range.len();
        self.writable[range].copy_from_slice(&mask[..count]);
    }

    /// A register: its value, and which of its bits can be written.
    pub(crate) fn register<const N: usize>(&mut self, at: usize, bytes: [u8; N], mask: [u8; N]) {
        self.set(at, bytes);
        self.allow(at, mask);
    }

    /// The head of an extended capability, version 1; the next one is at `next`, 0 for none (Base Specification, "PCI Express
    /// Extended Capability Header").
    pub(crate) fn extended_head(&mut self, at: usize, id: u16, next: usize) {
        const VERSION: u16 = 1;
        // INVARIANT: an offset in the space has 12 bits.
        let next = u16::try_from(next % LENGTH).unwrap_or(0);
        self.set(at, id.to_le_bytes());
        self.set(at + 2, (next << 4 | VERSION).to_le_bytes());
    }

    /// A memory BAR of 64 bits, prefetchable, of `size` bytes, which is a power of two (Base Specification, "Base Address
    /// Registers"). The bits below the size cannot be written, so that writing all ones tells the size.
    pub(crate) fn memory_bar(&mut self, at: usize, size: u64) {
        const PREFETCHABLE_64: u64 = 0xc;
        self.register(at, PREFETCHABLE_64.to_le_bytes(), (!(size - 1)).to_le_bytes());
    }

    /// Reads `into.len()` bytes; beyond the end there are zeros.
    pub(crate) fn read(&self, at: usize, into: &mut [u8]) {
        let range = inside(at, into.len());
        let (known, beyond) = into.split_at_mut(range.len());
        known.copy_from_slice(&self.bytes[range]);
        beyond.fill(0);
    }

    /// Writes what can be written.
    pub(crate) fn write(&mut self, at: usize, data: &[u8]) {
        let range = inside(at, data.len());
        let masks = &self.writable[range.clone()];
        for ((byte, mask), new) in self.bytes[range].iter_mut().zip(masks).zip(data) {
            *byte = *byte & !mask | new & mask;
        }
    }

    /// The address in a memory BAR of 64 bits.
    pub(crate) fn address(&self, at: usize) -> u64 {
        const FLAGS: u64 = 0xf;
        let mut bytes = [0; 8];
        self.read(at, &mut bytes);
        u64::from_le_bytes(bytes) & !FLAGS
    }

    /// A register of 16 bits.
    pub(crate) fn word(&self, at: usize) -> u16 {
        let mut bytes = [0; 2];
        self.read(at, &mut bytes);
        u16::from_le_bytes(bytes)
    }
}

/// Splits a write to configuration space at the boundaries of 32-bit words: offset and bytes of each part.
pub fn words(mut at: usize, mut data: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    std::iter::from_fn(move || {
        let (part, rest) = data.split_at((4 - at % 4).min(data.len()));
        let begin = at;
        at += part.len();
        data = rest;
        (!part.is_empty()).then_some((begin, part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_writable_bits_change_and_the_end_is_the_end() {
        let mut space = Space::new();
        space.register(0x10, [0x0f, 0], [0xf0, 0xff]);
        space.write(0x0e, &[0xff; 6]);
        assert_eq!(
            (space.word(0x0e), space.word(0x10), space.word(0x12)),
            (0, 0xffff, 0)
        );
        space.write(LENGTH - 1, &[0xff; 8]);
        space.write(usize::MAX, &[0xff; 8]);
        let mut read = [0xff; 3];
        space.read(LENGTH - 1, &mut read);
        assert_eq!(read, [0; 3]);
        space.read(usize::MAX, &mut read);
        assert_eq!(read, [0; 3]);
    }

    #[test]
    fn a_bar_tells_its_size_when_all_ones_are_written() {
        for shift in [20, 22, 31, 32, 36] {
            let mut space = Space::new();
            space.memory_bar(0x10, 1 << shift);
            space.write(0x10, &[0xff; 8]);
            let mut bar = [0; 8];
            space.read(0x10, &mut bar);
            let bar = u64::from_le_bytes(bar);
            assert_eq!(bar & 0xf, 0xc);
            assert_eq!(!(bar & !0xf) + 1, 1 << shift);
        }
    }
}
