//! What stands behind [`layout!`](crate::layout!): the field table, its rules, and the trait of all layouts.

use std::fmt;

use thiserror::Error;

/// One named field of a layout, as the field table tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field's name in the declaration.
    pub name: &'static str,
    /// Distance in bits from the most significant bit of byte 0.
    pub bit_offset: u32,
    /// Width in bits, 1 to 64.
    pub width: u32,
}

impl Field {
    /// The field's value in `bytes`, an area of the field's layout.
    #[must_use]
    pub const fn get(&self, bytes: &[u8]) -> u64 {
        crate::bits::get(bytes, self.bit_offset, self.width)
    }

    /// Writes the field's value into `bytes`, an area of the field's layout; see
    /// [`bits::set`](crate::bits::set).
    pub const fn set(&self, bytes: &mut [u8], value: u64) {
        crate::bits::set(bytes, self.bit_offset, self.width, value);
    }
}

/// Bytes that do not have the length a layout needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// [`Layout::from_bytes`] was given another length than the layout's own.
    #[error("{layout} is {expected} bytes long, not {actual}")]
    WrongSize {
        /// Name of the layout.
        layout: &'static str,
        /// The layout's size in bytes.
        expected: usize,
        /// The length that was given, in bytes.
        actual: usize,
    },
    /// [`Layout::from_prefix`] was given fewer bytes than the layout's own.
    #[error("{layout} needs {expected} bytes, only {actual} are there")]
    TooShort {
        /// Name of the layout.
        layout: &'static str,
        /// The layout's size in bytes.
        expected: usize,
        /// The length that was given, in bytes.
        actual: usize,
    },
}

/// What every structure declared by [`layout!`](crate::layout!) can do.
pub trait Layout: Clone + fmt::Debug + Default + PartialEq + Eq {
    /// The structure's name.
    const NAME: &'static str;
    /// Size in bytes.
    const SIZE: usize;
    /// The named fields in wire order.
    const FIELDS: &'static [Field];

    /// The structure made of exactly these bytes.
    ///
    /// # Errors
    ///
    /// [`LayoutError::WrongSize`] if `bytes` is not [`SIZE`](Self::SIZE) bytes long.
    fn from_bytes(bytes: &[u8]) -> Result<Self, LayoutError>;

    /// The structure made of the first bytes; what follows them is not looked at.
    ///
    /// # Errors
    ///
    /// [`LayoutError::TooShort`] if `bytes` is shorter than [`SIZE`](Self::SIZE).
    fn from_prefix(bytes: &[u8]) -> Result<Self, LayoutError> {
        match bytes.get(..Self::SIZE) {
            Some(prefix) => Self::from_bytes(prefix),
            None => Err(LayoutError::TooShort {
                layout: Self::NAME,
                expected: Self::SIZE,
                actual: bytes.len(),
            }),
        }
    }

    /// The structure as it lies on the wire.
    fn as_bytes(&self) -> &[u8];

    /// The structure as it lies on the wire, to be changed in place.
    fn as_bytes_mut(&mut self) -> &mut [u8];
}

/// A type that a field's value may have.
pub trait FieldValue: Copy {
    /// The value from the field's bits, which are right-aligned.
    fn from_field(bits: u64) -> Self;
    /// The value as right-aligned bits.
    fn into_field(self) -> u64;
}

impl FieldValue for bool {
    #[inline]
    fn from_field(bits: u64) -> Self {
        bits != 0
    }

    #[inline]
    fn into_field(self) -> u64 {
        u64::from(self)
    }
}

macro_rules! integer_field_values {
    ($($integer:ty),*) => {$(
        impl FieldValue for $integer {
            #[inline]
            #[allow(clippy::cast_possible_truncation, reason = "a field is never wider than its value type")]
            fn from_field(bits: u64) -> Self {
                bits as $integer
            }

            #[inline]
            fn into_field(self) -> u64 {
                u64::from(self)
            }
        }
    )*};
}

integer_field_values!(u8, u16, u32, u64);

/// A field width in bits, as a type.
#[derive(Debug)]
pub struct Width<const BITS: u32>;

/// The value type of a field: the smallest unsigned integer that holds it, `bool` for a single bit.
pub trait HasValue {
    /// The value type.
    type Value: FieldValue;
}

/// The value type of a field that is `BITS` wide.
pub type ValueOf<const BITS: u32> = <Width<BITS> as HasValue>::Value;

macro_rules! width_values {
    ($($value:ty: $($bits:literal)*;)*) => {$($(
        impl HasValue for Width<$bits> {
            type Value = $value;
        }
    )*)*};
}

width_values! {
    bool: 1;
    u8: 2 3 4 5 6 7 8;
    u16: 9 10 11 12 13 14 15 16;
    u32: 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32;
    u64: 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64;
}

/// One row of a declaration: a field's name and width, or a gap if the name is empty.
type Row = (&'static str, u32);

/// How many rows of a declaration are named fields.
#[doc(hidden)]
#[must_use]
pub const fn count_fields(rows: &[Row]) -> usize {
    let (mut index, mut count) = (0, 0);
    while index < rows.len() {
        if !rows[index].0.is_empty() {
            count += 1;
        }
        index += 1;
    }
    count
}

/// The field table of a declaration. Fails to compile if the declaration breaks a rule of
/// [`layout!`](crate::layout!).
#[doc(hidden)]
#[must_use]
pub const fn field_table<const COUNT: usize>(rows: &[Row], size: usize) -> [Field; COUNT] {
    let mut fields = [Field {
        name: "",
        bit_offset: 0,
        width: 0,
    }; COUNT];
    let (mut index, mut count, mut bit_offset) = (0, 0, 0);
    while index < rows.len() {
        let (name, width) = rows[index];
        if !name.is_empty() {
            assert!(width >= 1 && width <= 64, "a field is 1 to 64 bits wide");
            if width <= 32 {
                assert!(
                    bit_offset % 32 + width <= 32,
                    "a field of up to 32 bits may not cross a 32-bit boundary"
                );
            } else {
                assert!(
                    bit_offset % 32 == 0,
                    "a field of more than 32 bits must start on a 32-bit boundary"
                );
            }
            fields[count] = Field {
                name,
                bit_offset,
                width,
            };
            count += 1;
        }
        bit_offset += width;
        index += 1;
    }
    assert!(
        size.is_multiple_of(4),
        "a layout is a whole number of 32-bit words"
    );
    assert!(
        bit_offset as usize == size * 8,
        "the widths do not add up to the declared size"
    );
    fields
}

/// The row of the field table that bears this name.
#[doc(hidden)]
#[must_use]
pub const fn find_field(fields: &[Field], name: &str) -> Field {
    let mut index = 0;
    while index < fields.len() {
        if same(fields[index].name, name) {
            return fields[index];
        }
        index += 1;
    }
    panic!("no such field")
}

const fn same(one: &str, other: &str) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    // Names that differ mostly do so at the end or in length, prefixes are often shared.
    let mut index = one.len();
    while index > 0 {
        index -= 1;
        if one[index] != other[index] {
            return false;
        }
    }
    true
}

/// Shows the fields of a layout that are not zero, by name.
#[doc(hidden)]
pub fn debug_fields<L: Layout>(layout: &L, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    debug_bytes(L::NAME, L::FIELDS, layout.as_bytes(), formatter)
}

fn debug_bytes(
    name: &str,
    fields: &[Field],
    bytes: &[u8],
    formatter: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut shown = formatter.debug_struct(name);
    for field in fields {
        let value = field.get(bytes);
        if value != 0 {
            shown.field(field.name, &format_args!("{value:#x}"));
        }
    }
    shown.finish_non_exhaustive()
}
