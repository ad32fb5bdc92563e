//! Who a page belongs to.

use prm::{Function, WireIdentity};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

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

/// The text names no owner.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no owner of pages; write a function, or id300 or id3.ec for an identity that names none")]
pub struct UnknownOwner(pub String);

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

impl FromStr for Owner {
    type Err = UnknownOwner;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(function) = text.parse() {
            return Ok(Self::Function(function));
        }
        let number = text
            .strip_prefix("id")
            .map(|rest| match rest.strip_suffix(".ec") {
                Some(number) => (number, true),
                None => (rest, false),
            });
        number
            .and_then(|(number, ec)| {
                let id = number.parse().ok()?;
                Some(Self::Unnamed { id, ec })
            })
            .ok_or_else(|| UnknownOwner(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Owner {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Owner".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
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

    #[test]
    fn an_owner_is_read_from_the_words_that_it_prints() {
        let owners = [
            Owner::from(Function::HostVf(2)),
            Owner::Unnamed {
                id: u16::MAX,
                ec: false,
            },
            Owner::Unnamed { id: 0, ec: true },
        ];
        for owner in owners {
            assert_eq!(owner.to_string().parse(), Ok(owner));
        }
        for text in ["id", "id70000", "id3.e", "300", "vf0", ""] {
            assert_eq!(text.parse::<Owner>(), Err(UnknownOwner(text.to_owned())));
        }
    }
}
