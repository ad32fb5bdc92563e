//! The names of the revisions.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A revision by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisionName {
    /// The change as it was first posted.
    Reviewed,
    /// Linux 7.2.
    Merged,
    /// Every concern answered.
    Robust,
}

impl RevisionName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reviewed, Self::Merged, Self::Robust];
}

impl fmt::Display for RevisionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reviewed => "reviewed",
            Self::Merged => "merged",
            Self::Robust => "robust",
        })
    }
}

/// The text names no revision.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a revision; write reviewed, merged or robust")]
pub struct UnknownRevision(pub String);

impl FromStr for RevisionName {
    type Err = UnknownRevision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|name| name.to_string() == text)
            .ok_or_else(|| UnknownRevision(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_read_as_it_is_written_and_nothing_else_is_one() {
        for name in RevisionName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        for wrong in ["", "Merged", "merged "] {
            let error = wrong.parse::<RevisionName>();
            assert_eq!(error, Err(UnknownRevision(wrong.to_owned())));
        }
    }
}
