//! An input as choices and numbers. What is not there any more reads as zeros, and numbers are read from the front: so a seed can be
//! written by hand, and a byte that is changed changes one choice.

use arbitrary::Unstructured;

/// See the module's head.
#[derive(Debug)]
pub struct Draw<'a>(Unstructured<'a>);

impl<'a> Draw<'a> {
    /// An input.
    #[must_use]
    pub fn new(input: &'a [u8]) -> Self {
        Self(Unstructured::new(input))
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// Eight bits.
    pub fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or_default()
    }

    /// Sixteen bits, the lowest first, as all numbers here.
    pub fn half(&mut self) -> u16 {
        self.0.arbitrary().unwrap_or_default()
    }

    /// Thirty-two bits.
    pub fn word(&mut self) -> u32 {
        self.0.arbitrary().unwrap_or_default()
    }

    /// Sixty-four bits.
    pub fn long(&mut self) -> u64 {
        self.0.arbitrary().unwrap_or_default()
    }

    /// A number that is more likely to hurt than others: one byte for most, five for any.
    pub fn hurting(&mut self) -> u32 {
        match self.byte() {
            small @ 0..=0x7f => small.into(),
            power @ 0x80..=0x9f => 1 << (power & 0x1f),
            below @ 0xa0..=0xbf => (1u32 << (below & 0x1f)).wrapping_sub(1),
            negative @ 0xc0..=0xef => u32::MAX - u32::from(negative & 0x3f),
            _ => self.word(),
        }
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// A number below `many`, which is not 0.
    pub fn below(&mut self, many: usize) -> usize {
        if many > 256 {
            usize::from(self.half()) % many
        } else {
            usize::from(self.byte()) % many
        }
    }

    /// One of several, of which there is one at least.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Bytes: how many there are to be, in a byte, and they.
    pub fn bytes(&mut self) -> &'a [u8] {
        let wanted = usize::from(self.byte());
        let there = wanted.min(self.0.len());
        self.0.bytes(there).unwrap_or_default()
    }

    /// All that is left.
    #[must_use]
    pub fn rest(&mut self) -> &'a [u8] {
        let there = self.0.len();
        self.0.bytes(there).unwrap_or_default()
    }
}
