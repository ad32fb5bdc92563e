//! Why a case is not as it should be. Every report, the summary and the exit code follow from this one value.

use serde::{Deserialize, Serialize};

/// Why a case is not as it should be, the least bad first.
///
/// In the first two the driver was judged and found wanting: failures. In the others nobody could judge it: errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// A snapshot differs, is missing, or belongs to no run.
    Snapshot,
    /// An expectation did not hold, or an invariant broke that nobody expected to.
    Expectation,
    /// The run went further than it may.
    Budget,
    /// The file is no scenario, or cannot be told from another.
    Invalid,
    /// The guest or the machine under it failed.
    Backend,
    /// The tool itself failed.
    Internal,
}

impl Failure {
    /// Whether nobody could judge the driver.
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self, Self::Snapshot | Self::Expectation)
    }

    /// All of them, from bad to worse.
    pub const ALL: [Self; 6] = [
        Self::Snapshot,
        Self::Expectation,
        Self::Budget,
        Self::Invalid,
        Self::Backend,
        Self::Internal,
    ];

    /// The one of this name in results for machines.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.name() == name)
    }

    /// The name in results for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Expectation => "expectation",
            Self::Budget => "budget",
            Self::Invalid => "invalid",
            Self::Backend => "backend",
            Self::Internal => "internal",
        }
    }
}
