//! Who a page belongs to.

use prm::{Function, WireIdentity};
use serde::{Serialize, Serializer};
use std::fmt;

/// The owner of a ledger row.
///
/// An identity that names no function of the silicon may still be given pages: firmware books what it is given, and
/// what names nobody gets a row of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A function of the silicon.
    Function(Function),
    /// A wire identity that names no function.
    Unnamed {
        /// function_id or vhca_id, whichever the page mode in force makes of it.
        id: u16,
        /// embedded_cpu_function; always false in vhca_id mode, which does not look at it.
        ec: bool,
    },
}

impl Owner {
    /// The row of an identity that names nobody.
    #[must_use]
    pub const fn unnamed(identity: WireIdentity) -> Self {
        Self::Unnamed {
            id: identity.id,
            ec: identity.ec,
        }
    }

    /// The function, if the owner is one.
    #[must_use]
    pub const fn function(self) -> Option<Function> {
        match self {
            Self::Function(function) => Some(function),
            Self::Unnamed { .. } => None,
        }
    }
}

impl From<Function> for Owner {
    fn from(function: Function) -> Self {
        Self::Function(function)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(function) => function.fmt(f),
            Self::Unnamed { id, ec: false } => write!(f, "id{id}"),
            Self::Unnamed { id, ec: true } => write!(f, "id{id}.ec"),
        }
    }
}

impl Serialize for Owner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_print_as_functions_or_as_ids() {
        assert_eq!(Owner::from(Function::Vf(1)).to_string(), "vf1");
        assert_eq!(Owner::Unnamed { id: 300, ec: false }.to_string(), "id300");
        assert_eq!(Owner::Unnamed { id: 3, ec: true }.to_string(), "id3.ec");
    }
}
