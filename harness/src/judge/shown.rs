//! Numbers as people compare them.

use std::fmt::Display;

/// A value, or that there is none.
pub(super) fn shown(value: Option<impl Display>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
}

/// A counter with its sign.
pub(super) fn signed(value: u32) -> i64 {
    i64::from(value.cast_signed())
}
