//! [`layout!`](crate::layout!): bit-packed big-endian structures, declared once and checked at compile time.

/// Declares a bit-packed big-endian structure.
///
/// The body lists the fields in wire order, `name: width in bits`, most significant bit of byte 0 first.
/// `_: bits` skips a gap of any size. The number after the structure's name is its size in bytes. It does
/// not compile if
///
/// * the widths do not add up to the declared size, or the size is no multiple of 4 bytes,
/// * a field of up to 32 bits crosses a 32-bit boundary,
/// * a wider field does not start on one, or is wider than 64 bits,
/// * two fields have the same name.
///
/// ```
/// mlx5_prm::layout! {
///     /// How the device announces itself.
///     pub struct Greeting: 8 {
///         /// Is anybody there.
///         present: 1,
///         _: 15,
///         /// Who it is.
///         identity: 16,
///         /// When it came, in nanoseconds.
///         time: 32,
///     }
/// }
///
/// let greeting = Greeting::new().with_present(true).with_identity(0x1234);
/// assert_eq!(greeting.as_bytes(), &[0x80, 0, 0x12, 0x34, 0, 0, 0, 0]);
/// assert_eq!(greeting.identity(), 0x1234);
/// assert_eq!(format!("{greeting:?}"), "Greeting { present: 0x1, identity: 0x1234, .. }");
/// ```
///
/// Each field has a getter `x()`, a setter `set_x(value)`, a chainable `with_x(value)` and its row of the
/// field table,
/// `X_FIELD`. The value type is `bool` for one bit and the smallest fitting `u8`, `u16`, `u32` or `u64`
/// otherwise. A value that does not fit its field panics in a debug build and is cut to the field's width
/// in a release build.
///
/// The structure is `Copy` unless it is declared as `pub large struct`, for areas too big to be copied
/// unseen.
///
/// What the compiler refuses:
///
/// ```compile_fail,E0080
/// mlx5_prm::layout! {
///     /// Declared too long.
///     pub struct WrongSize: 8 {
///         /// Half of it.
///         half: 32,
///     }
/// }
/// ```
///
/// ```compile_fail,E0080
/// mlx5_prm::layout! {
///     /// The field crosses into the second word.
///     pub struct Straddling: 8 {
///         _: 24,
///         /// Lies in both words.
///         crossing: 16,
///         _: 24,
///     }
/// }
/// ```
///
/// ```compile_fail,E0080
/// mlx5_prm::layout! {
///     /// The wide field starts inside a word.
///     pub struct Unaligned: 12 {
///         _: 16,
///         /// An address.
///         address: 64,
///         _: 16,
///     }
/// }
/// ```
///
/// ```compile_fail,E0592
/// mlx5_prm::layout! {
///     /// The same name twice.
///     pub struct Twice: 4 {
///         /// One.
///         half: 16,
///         /// Two.
///         half: 16,
///     }
/// }
/// ```
#[macro_export]
macro_rules! layout {
    ($(#[$meta:meta])* $vis:vis large struct $name:ident : $size:literal { $($body:tt)* }) => {
        $crate::__layout! { [$(#[$meta])* #[derive(Clone, PartialEq, Eq, Hash)]] $vis $name $size { $($body)* } }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident : $size:literal { $($body:tt)* }) => {
        $crate::__layout! { [$(#[$meta])* #[derive(Clone, Copy, PartialEq, Eq, Hash)]] $vis $name $size { $($body)* } }
    };
}

/// The work of [`layout!`](crate::layout!) once the attributes are settled.
#[doc(hidden)]
#[macro_export]
macro_rules! __layout {
    ([$($attributes:tt)*] $vis:vis $name:ident $size:literal {
        $($(#[$meta:meta])* $($field:ident)? $(_)? : $width:literal),* $(,)?
    }) => {
        $($attributes)*
        $vis struct $name([u8; $size]);

        // An associated constant that nobody uses is never evaluated; this has every declaration checked.
        const _: () = assert!(<$name as $crate::Layout>::FIELDS.len() <= $size * 8);

        impl $crate::Layout for $name {
            const NAME: &'static str = stringify!($name);
            const SIZE: usize = $size;
            const FIELDS: &'static [$crate::Field] = {
                const ROWS: &[(&str, u32)] = &[$((concat!($(stringify!($field))?), $width)),*];
                const COUNT: usize = $crate::layout::count_fields(ROWS);
                const TABLE: [$crate::Field; COUNT] = $crate::layout::field_table(ROWS, $size);
                &TABLE
            };

            fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::LayoutError> {
                match bytes.try_into() {
                    Ok(bytes) => Ok(Self(bytes)),
                    Err(_) => Err($crate::LayoutError::WrongSize {
                        layout: stringify!($name),
                        expected: $size,
                        actual: bytes.len(),
                    }),
                }
            }

            fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            fn as_bytes_mut(&mut self) -> &mut [u8] {
                &mut self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::layout::debug_fields(self, formatter)
            }
        }

        #[allow(dead_code, reason = "a layout has far more accessors than any one program calls")]
        impl $name {
            /// Size in bytes.
            $vis const SIZE: usize = $size;

            /// The named fields in wire order.
            $vis const FIELDS: &'static [$crate::Field] = <Self as $crate::Layout>::FIELDS;

            /// All bytes zero.
            #[inline]
            #[must_use]
            $vis const fn new() -> Self {
                Self([0; $size])
            }

            /// The structure made of exactly these bytes.
            ///
            /// # Errors
            ///
            /// `LayoutError::WrongSize` if the length differs from `SIZE`.
            #[inline]
            $vis fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::LayoutError> {
                <Self as $crate::Layout>::from_bytes(bytes)
            }

            /// The structure made of the first `SIZE` bytes; what follows them is not looked at.
            ///
            /// # Errors
            ///
            /// `LayoutError::TooShort` if there are fewer bytes.
            #[inline]
            $vis fn from_prefix(bytes: &[u8]) -> Result<Self, $crate::LayoutError> {
                <Self as $crate::Layout>::from_prefix(bytes)
            }

            /// The structure as it lies on the wire.
            #[inline]
            #[must_use]
            $vis const fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }

            /// The structure as it lies on the wire, to be changed in place.
            #[inline]
            $vis const fn as_bytes_mut(&mut self) -> &mut [u8; $size] {
                &mut self.0
            }

            $($crate::__layout_accessors! { $vis [$($field)?] $width $(#[$meta])* })*
        }
    };
}

/// The accessors of one field; nothing for a gap.
#[doc(hidden)]
#[macro_export]
macro_rules! __layout_accessors {
    ($vis:vis [] $width:literal) => {};
    ($vis:vis [$field:ident] $width:literal $(#[$meta:meta])*) => {
        $crate::__paste! {
            #[doc = concat!("Where `", stringify!($field), "` lies.")]
            $vis const [<$field:upper _FIELD>]: $crate::Field =
                $crate::layout::find_field(Self::FIELDS, stringify!($field));

            $(#[$meta])*
            #[inline]
            #[must_use]
            $vis fn $field(&self) -> $crate::layout::ValueOf<$width> {
                $crate::layout::FieldValue::from_field($crate::bits::get(
                    &self.0,
                    Self::[<$field:upper _FIELD>].bit_offset,
                    $width,
                ))
            }

            #[doc = concat!("Writes `", stringify!($field), "`.")]
            #[inline]
            $vis fn [<set_ $field>](&mut self, value: $crate::layout::ValueOf<$width>) {
                $crate::bits::set(
                    &mut self.0,
                    Self::[<$field:upper _FIELD>].bit_offset,
                    $width,
                    $crate::layout::FieldValue::into_field(value),
                );
            }

            #[doc = concat!("The same structure with another `", stringify!($field), "`.")]
            #[inline]
            #[must_use]
            $vis fn [<with_ $field>](mut self, value: $crate::layout::ValueOf<$width>) -> Self {
                self.[<set_ $field>](value);
                self
            }
        }
    };
}

/// Gives a layout a getter and a setter for another layout that lies inside it at a byte offset.
macro_rules! nested {
    ($outer:ident { $get:ident, $set:ident: $inner:ident at $offset:literal }) => {
        impl $outer {
            #[doc = concat!("The `", stringify!($inner), "` at byte ", stringify!($offset), ".")]
            #[must_use]
            pub fn $get(&self) -> $inner {
                const {
                    assert!(
                        $offset + $inner::SIZE <= Self::SIZE,
                        "the inner layout lies inside the outer one"
                    )
                };
                let mut inner = $inner::new();
                inner
                    .as_bytes_mut()
                    .copy_from_slice(&self.0[$offset..$offset + $inner::SIZE]);
                inner
            }

            #[doc = concat!("Writes the `", stringify!($inner), "` at byte ", stringify!($offset), ".")]
            pub fn $set(&mut self, inner: &$inner) {
                self.0[$offset..$offset + $inner::SIZE].copy_from_slice(inner.as_bytes());
            }
        }
    };
}

pub(crate) use nested;
