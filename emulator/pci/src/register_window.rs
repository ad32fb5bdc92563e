//! Register windows as bytes: what a guest's loads and stores in a BAR mean to firmware.
//!
//! The registers are big-endian words in the device's memory, and a message carries bytes in the order of their addresses. So
//! the bytes of a register are those of its value, the most significant first.

use emulator::Silicon;
use prm::{Cycles, Function};

/// Most bytes of one write: a BlueFlame buffer's worth of write combining. Firmware records what it does not understand, so a
/// write of a megabyte would be a quarter million records.
pub const LONGEST_WRITE: usize = 64;

/// Most bytes of one read. A processor reads a few bytes at a time; a read of a megabyte would keep everybody else waiting for
/// a quarter million registers.
pub const LONGEST_READ: usize = 4096;

const WORD: usize = 4;

/// A register: whose window it is in, and its offset there in bytes. None where the BAR has no registers.
pub type Place = Option<(Function, u32)>;

/// Reads any bytes of a BAR; `locate` finds the register at an aligned offset. Where there is none there are zeros.
pub fn read(silicon: &mut Silicon, locate: impl Fn(u64) -> Place, offset: u64, data: &mut [u8], now: Cycles) {
    let skip = offset % WORD as u64;
    let mut register = offset - skip;
    // INVARIANT: the remainder of a division by 4 fits anything.
    let mut skip = usize::try_from(skip).unwrap_or(0);
    let mut rest = data;
    while !rest.is_empty() {
        let count = (WORD - skip).min(rest.len());
        let (part, behind) = rest.split_at_mut(count);
        let value = locate(register).map_or(0, |(function, at)| silicon.read_register(function, at, now));
        part.copy_from_slice(&value.to_be_bytes()[skip..skip + count]);
        rest = behind;
        skip = 0;
        register += WORD as u64;
    }
}

/// Splits a write into registers: offset in the BAR and value of each. None if it does not consist of whole registers, or if it
/// is longer than [`LONGEST_WRITE`]: the registers have no byte enables.
pub fn registers(offset: u64, data: &[u8]) -> Option<impl Iterator<Item = (u64, u32)>> {
    let whole = offset.is_multiple_of(WORD as u64) && data.len().is_multiple_of(WORD);
    if !whole || data.len() > LONGEST_WRITE {
        return None;
    }
    let offsets = (offset..).step_by(WORD);
    let values = data
        .chunks_exact(WORD)
        .map(|word| word.first_chunk().map_or(0, |word| u32::from_be_bytes(*word)));
    Some(offsets.zip(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(offset: u64, data: &[u8]) -> Option<Vec<(u64, u32)>> {
        registers(offset, data).map(Iterator::collect)
    }

    #[test]
    fn a_write_is_whole_registers_in_order_or_nothing() {
        let eight = [0, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef];
        assert_eq!(split(0x10, &eight), Some(vec![(0x10, 1), (0x14, 0xdead_beef)]));
        assert_eq!(split(0, &[]), Some(vec![]));
        assert_eq!(split(0x11, &eight), None);
        assert_eq!(split(0x10, &eight[..3]), None);
        assert_eq!(split(0, &[0; LONGEST_WRITE + 4]), None);
        assert_eq!(split(0, &[0; LONGEST_WRITE]).map(|all| all.len()), Some(16));
    }
}
