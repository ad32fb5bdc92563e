//! Reading and writing one bit field of a big-endian byte area.
//!
//! The device numbers the bits of an area from the most significant bit of byte 0. A field of at most 32
//! bits lies inside one 32-bit word and a wider one starts on a word boundary, so that each access touches
//! one or two words and never walks over bits. [`layout!`](crate::layout!) proves both rules at compile
//! time for every field it declares.

/// The value that has the low `width` bits set.
///
/// `width` must be 1 to 64.
#[inline]
#[must_use]
pub const fn mask(width: u32) -> u64 {
    u64::MAX >> (64 - width)
}

/// Reads the field of `width` bits that starts `bit_offset` bits into `bytes`.
///
/// # Panics
///
/// If the field reaches past the end of `bytes`.
#[inline]
#[must_use]
pub const fn get(bytes: &[u8], bit_offset: u32, width: u32) -> u64 {
    let word = (bit_offset / 32) as usize;
    if width <= 32 {
        let below = 32 - bit_offset % 32 - width;
        (read_word(bytes, word) as u64 >> below) & mask(width)
    } else {
        let pair = (read_word(bytes, word) as u64) << 32 | read_word(bytes, word + 1) as u64;
        pair >> (64 - width)
    }
}

/// Writes the field of `width` bits that starts `bit_offset` bits into `bytes`; every other bit stays as it
/// is.
///
/// A value that does not fit is a mistake of the caller: a debug build panics, a release build keeps the low
/// `width` bits so that the neighbouring fields stay intact.
///
/// # Panics
///
/// If the field reaches past the end of `bytes`, and in a debug build if `value` does not fit.
#[inline]
pub const fn set(bytes: &mut [u8], bit_offset: u32, width: u32, value: u64) {
    debug_assert!(value & !mask(width) == 0, "the value is wider than its field");
    let value = value & mask(width);
    let word = (bit_offset / 32) as usize;
    if width <= 32 {
        let below = 32 - bit_offset % 32 - width;
        let kept = read_word(bytes, word) as u64 & !(mask(width) << below);
        write_word(bytes, word, low_word(kept | value << below));
    } else {
        let below = 64 - width;
        let kept = read_word(bytes, word + 1) as u64 & !(mask(width) << below);
        let pair = value << below | kept;
        write_word(bytes, word, low_word(pair >> 32));
        write_word(bytes, word + 1, low_word(pair));
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is what is asked for"
)]
const fn low_word(pair: u64) -> u32 {
    pair as u32
}

#[inline]
const fn read_word(bytes: &[u8], word: usize) -> u32 {
    let at = word * 4;
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[inline]
const fn write_word(bytes: &mut [u8], word: usize, value: u32) {
    let at = word * 4;
    let [b0, b1, b2, b3] = value.to_be_bytes();
    bytes[at] = b0;
    bytes[at + 1] = b1;
    bytes[at + 2] = b2;
    bytes[at + 3] = b3;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{get, mask, set};

    /// Every place a field may have inside the first two words: the start bit and the width.
    fn places() -> impl Iterator<Item = (u32, u32)> {
        let within_a_word = (0..32u32).flat_map(|start| (1..=32 - start).map(move |width| (start, width)));
        within_a_word.chain((33..=64).map(|width| (0, width)))
    }

    /// The same read done bit by bit, as an independent statement of the numbering.
    fn get_by_bits(bytes: &[u8], bit_offset: u32, width: u32) -> u64 {
        (bit_offset..bit_offset + width).fold(0, |value, bit| {
            let byte = bytes[bit as usize / 8];
            value << 1 | u64::from(byte >> (7 - bit % 8) & 1)
        })
    }

    #[test]
    fn every_place_holds_its_value_and_leaves_the_others_alone() {
        for lead in [0, 32, 64] {
            for (start, width) in places() {
                let bit_offset = lead + start;
                for background in [0x00u8, 0xff] {
                    for value in [
                        0,
                        1,
                        mask(width),
                        0xa5a5_5a5a_c3c3_3c3c & mask(width),
                        1 << (width - 1),
                    ] {
                        let mut bytes = [background; 20];
                        set(&mut bytes, bit_offset, width, value);
                        assert_eq!(
                            get(&bytes, bit_offset, width),
                            value,
                            "offset {bit_offset}, width {width}"
                        );
                        assert_eq!(get_by_bits(&bytes, bit_offset, width), value);
                        let inside = bit_offset..bit_offset + width;
                        for bit in (0..160).filter(|bit| !inside.contains(bit)) {
                            assert_eq!(
                                get_by_bits(&bytes, bit, 1),
                                u64::from(background & 1),
                                "bit {bit} changed by offset {bit_offset}, width {width}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "wider than its field")]
    fn a_value_that_does_not_fit_panics_in_a_debug_build() {
        set(&mut [0; 4], 0, 3, 8);
    }

    #[test]
    #[cfg(not(debug_assertions))]
    fn a_value_that_does_not_fit_is_cut_in_a_release_build() {
        let mut bytes = [0; 4];
        set(&mut bytes, 8, 3, 0xff);
        assert_eq!(bytes, [0, 0xe0, 0, 0]);
    }

    proptest! {
        #[test]
        fn get_returns_what_set_wrote(
            mut bytes in prop::array::uniform32(any::<u8>()),
            word in 0u32..7,
            place in prop::sample::select(places().collect::<Vec<_>>()),
            value: u64,
        ) {
            let (start, width) = place;
            let bit_offset = word * 32 + start;
            let value = value & mask(width);
            let before = bytes;
            set(&mut bytes, bit_offset, width, value);
            prop_assert_eq!(get(&bytes, bit_offset, width), value);
            prop_assert_eq!(get_by_bits(&bytes, bit_offset, width), value);
            let old = get(&before, bit_offset, width);
            set(&mut bytes, bit_offset, width, old);
            prop_assert_eq!(bytes, before);
        }
    }
}
