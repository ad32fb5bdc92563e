//! The names of things on the wire, each a type of its own so that no two get mixed up.

use parts::{NameOf, hash_name};
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Base-2 logarithm of [`ADAPTER_PAGE_SIZE`].
pub const ADAPTER_PAGE_SHIFT: u32 = 12;

/// Size in bytes of the pages that firmware and host hand to each other, whatever the host's own page size.
pub const ADAPTER_PAGE_SIZE: u64 = 1 << ADAPTER_PAGE_SHIFT;

macro_rules! identities {
    ($($(#[$meta:meta])* $name:ident($raw:ty) $format:literal;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub $raw);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, $format, self.0)
            }
        }

        impl From<$raw> for $name {
            fn from(raw: $raw) -> Self {
                Self(raw)
            }
        }

        impl From<$name> for $raw {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    )*};
}

identities! {
    /// A function as its supplier counts it: 0 is the supplier itself, then the VFs from 1, then the SFs.
    #[derive(Hash)]
    FunctionId(u16) "{}";
    /// A function as the whole device counts it (virtual HCA).
    #[derive(Hash)]
    VhcaId(u16) "{:#x}";
    /// A bus address that the device uses to reach host memory, in bytes.
    Iova(u64) "{:#x}";
    /// A number of pages to move: positive from host to firmware, negative back.
    #[derive(Hash)]
    PageCount(i32) "{}";
    /// Time on the device's clock: 1 cycle is 1 ns.
    #[derive(Hash)]
    Cycles(u64) "{} ns";
    /// A port of the eswitch that a function is attached to.
    #[derive(Hash)]
    VportNumber(u16) "{:#x}";
    /// An entry of the command queue.
    #[derive(Hash)]
    SlotIndex(u8) "{}";
    /// An event queue.
    #[derive(Hash)]
    EqNumber(u8) "{}";
    /// The firmware's own code for a command's failure.
    #[derive(Hash)]
    Syndrome(u32) "{:#x}";
    /// The number that ties mailboxes to a command queue entry.
    #[derive(Hash)]
    Token(u8) "{:#04x}";
    /// A user access region: its page in BAR 0, in units of 4096 bytes.
    #[derive(Hash)]
    UarIndex(u32) "{}";
}

impl PageCount {
    /// The count from a field of the wire, in two's complement.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits.cast_signed())
    }

    /// The count as a field of the wire, in two's complement.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0.cast_unsigned()
    }
}

/// Base-2 logarithm of the pieces of memory that have a name of their own: whatever has an address is as long or longer, but for
/// the entries of a queue.
const NAMED_SHIFT: u32 = 10;

impl Hash for Iova {
    /// Where something lies is no matter, only what else lies there. Address 0 is that of nothing.
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.0 == 0 {
            state.write_u8(0);
            return;
        }
        hash_name(state, NameOf::Memory, self.0 >> NAMED_SHIFT);
        state.write_u64(self.0 & ((1 << NAMED_SHIFT) - 1));
    }
}

impl Iova {
    /// Whether the address is a page's first.
    #[must_use]
    pub const fn is_page_aligned(self) -> bool {
        self.0.is_multiple_of(ADAPTER_PAGE_SIZE)
    }
}

impl UarIndex {
    /// Where the region begins in BAR 0, in bytes.
    #[must_use]
    pub const fn bar_offset(self) -> u64 {
        (self.0 as u64) << ADAPTER_PAGE_SHIFT
    }
}

impl Cycles {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// The end of time.
    pub const MAX: Self = Self(u64::MAX);

    /// So many nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// So many microseconds, [`MAX`](Self::MAX) if that is too long.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1_000))
    }

    /// So many milliseconds, [`MAX`](Self::MAX) if that is too long.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// So many seconds, [`MAX`](Self::MAX) if that is too long.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Whole milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The sum, [`MAX`](Self::MAX) if that is too long.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, [`ZERO`](Self::ZERO) if `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
