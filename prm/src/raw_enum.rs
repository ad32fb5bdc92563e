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

/// Reads and writes an enum of [`raw_enum!`] as it prints: by its name, and a number without one as `UNKNOWN(0xffe)`.
macro_rules! serde_by_name {
    ($name:ident: $raw:ty, $what:literal) => {
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                if let Some(known) = Self::from_name(&text) {
                    return Ok(known);
                }
                let number = text
                    .strip_prefix("UNKNOWN(0x")
                    .and_then(|rest| rest.strip_suffix(')'));
                number
                    .and_then(|number| <$raw>::from_str_radix(number, 16).ok())
                    .map(Self::from_raw)
                    .ok_or_else(|| {
                        ::serde::de::Error::custom(format_args!(concat!("`{}` is no ", $what), text))
                    })
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" })
            }
        }
    };
}

pub(crate) use {raw_enum, serde_by_name};
