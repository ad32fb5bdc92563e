//! Enums that stand for a number on the wire and keep numbers nobody knows.

/// Declares an enum over a raw integer: `Variant = number "NAME"`, plus an `Unknown` variant for all other
/// numbers.
macro_rules! raw_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident: $raw:ty {
        $($(#[$variant_meta:meta])* $variant:ident = $value:literal $text:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)*
            /// A number without a name here. [`from_raw`](Self::from_raw) never puts a known number into it.
            Unknown($raw),
        }

        impl $name {
            /// Every known value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value of a number read from the wire.
            #[must_use]
            pub const fn from_raw(raw: $raw) -> Self {
                match raw {
                    $($value => Self::$variant,)*
                    unknown => Self::Unknown(unknown),
                }
            }

            /// The number as it is on the wire.
            #[must_use]
            pub const fn raw(self) -> $raw {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unknown(raw) => raw,
                }
            }

            /// The value's name; `UNKNOWN` without one.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(_) => "UNKNOWN",
                }
            }

            /// The known value of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }

        impl From<$raw> for $name {
            fn from(raw: $raw) -> Self {
                Self::from_raw(raw)
            }
        }

        /// The name; in the alternate form `{:#}` with its number, `MANAGE_PAGES(0x108)`, as the kernel's log has it.
        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    Self::Unknown(raw) => write!(formatter, "UNKNOWN({raw:#x})"),
                    known if formatter.alternate() => write!(formatter, "{}({:#x})", known.name(), known.raw()),
                    known => formatter.write_str(known.name()),
                }
            }
        }
    };
}

pub(crate) use raw_enum;
