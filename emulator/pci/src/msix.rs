//! The MSI-X table of a function and its pending bits (Base Specification, "MSI-X Table Structure"), for a host where nobody else
//! answers for that part of BAR 0. QEMU answers for it itself.

use crate::capability::{
    MSIX_PENDING, MSIX_PENDING_LENGTH, MSIX_TABLE, MSIX_TABLE_LENGTH, MSIX_VECTORS, MsixControl,
};

const ENTRY: usize = 16;
const TABLE: usize = MSIX_VECTORS as usize * ENTRY;
/// The vector control word of an entry, and its one bit.
const CONTROL: usize = 12;
const MASKED: u8 = 1;

/// What a function sends to raise a vector: a write of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MsiMessage {
    /// The vector: its number in the table.
    pub vector: u16,
    /// Where the message is written: the bus address that the driver has put into the table.
    pub address: u64,
    /// What is written.
    pub data: u32,
}

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MsixTable {
    table: [u8; TABLE],
    /// A bit for each vector.
    pending: u64,
}

impl Default for MsixTable {
    /// After a reset: every vector is masked.
    fn default() -> Self {
        let mut table = [0; TABLE];
        for entry in table.chunks_exact_mut(ENTRY) {
            entry[CONTROL] = MASKED;
        }
        Self { table, pending: 0 }
    }
}

impl MsixTable {
    /// The byte at this offset of BAR 0; none where neither table nor pending bits lie.
    #[must_use]
    pub fn byte(&self, offset: u64) -> Option<u8> {
        if let Some(at) = within(offset, MSIX_TABLE, MSIX_TABLE_LENGTH) {
            return self.table.get(at).copied();
        }
        let at = within(offset, MSIX_PENDING, MSIX_PENDING_LENGTH)?;
        self.pending.to_le_bytes().get(at).copied()
    }

    /// Writes an aligned word at this offset of BAR 0. False where neither table nor pending bits lie; the latter cannot be
    /// written.
    pub fn write(&mut self, offset: u64, word: [u8; 4]) -> bool {
        let Some(at) = within(offset, MSIX_TABLE, MSIX_TABLE_LENGTH) else {
            return within(offset, MSIX_PENDING, MSIX_PENDING_LENGTH).is_some();
        };
        if let Some(place) = self.table.get_mut(at..at + word.len()) {
            place.copy_from_slice(&word);
            if at % ENTRY == CONTROL {
                // The other bits are reserved.
                place.copy_from_slice(&[word[0] & MASKED, 0, 0, 0]);
            }
        }
        true
    }

    /// A vector is raised: the message, unless it is masked, or there is no such vector. A masked one is pending then.
    pub fn raise(&mut self, vector: u16, control: MsixControl) -> Option<MsiMessage> {
        if vector >= MSIX_VECTORS || control == MsixControl::Off {
            return None;
        }
        if control == MsixControl::Masked || self.is_masked(vector) {
            self.pending |= 1 << vector;
            return None;
        }
        Some(self.message(vector))
    }

    /// The messages of vectors that were pending and are masked no longer.
    pub fn take_pending(&mut self, control: MsixControl) -> Vec<MsiMessage> {
        if self.pending == 0 || control != MsixControl::On {
            return Vec::new();
        }
        let open =
            (0..MSIX_VECTORS).filter(|&vector| self.pending >> vector & 1 == 1 && !self.is_masked(vector));
        let open: Vec<u16> = open.collect();
        for vector in &open {
            self.pending &= !(1 << vector);
        }
        open.into_iter().map(|vector| self.message(vector)).collect()
    }

    fn entry(&self, vector: u16) -> &[u8] {
        let at = usize::from(vector % MSIX_VECTORS) * ENTRY;
        &self.table[at..at + ENTRY]
    }

    fn is_masked(&self, vector: u16) -> bool {
        self.entry(vector)[CONTROL] & MASKED != 0
    }

    fn message(&self, vector: u16) -> MsiMessage {
        let entry = self.entry(vector);
        let word = |at: usize| {
            entry[at..]
                .first_chunk()
                .map_or(0, |word| u32::from_le_bytes(*word))
        };
        MsiMessage {
            vector,
            address: u64::from(word(4)) << 32 | u64::from(word(0)),
            data: word(8),
        }
    }
}

/// How far behind `start` an offset lies, if it is within `length` bytes.
fn within(offset: u64, start: u64, length: u64) -> Option<usize> {
    let at = offset.checked_sub(start).filter(|at| *at < length)?;
    usize::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armed(vector: u16) -> MsixTable {
        let mut table = MsixTable::default();
        let at = MSIX_TABLE + u64::from(vector) * 16;
        assert!(table.write(at, 0xfee0_1000_u32.to_le_bytes()));
        assert!(table.write(at + 4, 1_u32.to_le_bytes()));
        assert!(table.write(at + 8, 0x4031_u32.to_le_bytes()));
        assert!(table.write(at + 12, [0; 4]));
        table
    }

    const MESSAGE: MsiMessage = MsiMessage {
        vector: 3,
        address: 0x1_fee0_1000,
        data: 0x4031,
    };

    #[test]
    fn a_vector_that_is_not_masked_is_the_message_of_its_entry() {
        let mut table = armed(3);
        assert_eq!(table.raise(3, MsixControl::On), Some(MESSAGE));
        assert_eq!(table.raise(4, MsixControl::On), None, "masked since the reset");
        assert_eq!(table.raise(16, MsixControl::On), None);
        assert_eq!(table.raise(3, MsixControl::Off), None);
        assert_eq!(table.byte(MSIX_PENDING), Some(1 << 4), "what was off is lost");
    }

    #[test]
    fn a_masked_vector_is_pending_until_it_is_masked_no_longer() {
        let mut table = armed(3);
        assert_eq!(table.raise(3, MsixControl::Masked), None);
        assert_eq!(table.raise(3, MsixControl::Masked), None);
        assert_eq!(table.take_pending(MsixControl::Masked), []);
        assert_eq!(table.take_pending(MsixControl::On), [MESSAGE], "once");
        assert_eq!(table.take_pending(MsixControl::On), []);
        assert!(table.write(MSIX_TABLE + 3 * 16 + 12, [0xff; 4]));
        assert_eq!(table.byte(MSIX_TABLE + 3 * 16 + 12), Some(1));
        assert_eq!(table.raise(3, MsixControl::On), None);
        assert!(table.write(MSIX_PENDING, [0; 4]), "and nothing changes");
        assert!(table.write(MSIX_TABLE + 3 * 16 + 12, [0; 4]));
        assert_eq!(table.take_pending(MsixControl::On), [MESSAGE]);
    }

    #[test]
    fn what_lies_beside_the_table_is_not_the_tables() {
        let mut table = MsixTable::default();
        for offset in [
            0,
            MSIX_TABLE - 4,
            MSIX_TABLE + MSIX_TABLE_LENGTH,
            MSIX_PENDING + 8,
            u64::MAX - 3,
        ] {
            assert_eq!(table.byte(offset), None, "{offset:#x}");
            assert!(!table.write(offset, [0; 4]), "{offset:#x}");
        }
    }
}
