//! Durations as ranges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A duration that is known within bounds: whole virtual milliseconds, rounded down. One bound is required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("minProperties" = 1))]
pub struct MsRange {
    /// No less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// No more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
}

impl MsRange {
    /// The bounds of `own`, and of this one where `own` has none.
    #[must_use]
    pub fn overridden_with(self, own: Self) -> Self {
        Self {
            at_least: own.at_least.or(self.at_least),
            at_most: own.at_most.or(self.at_most),
        }
    }

    /// Whether it names no bound.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Whether nothing lies within.
    #[must_use]
    pub fn is_impossible(self) -> bool {
        let (least, most) = (self.at_least.unwrap_or(0), self.at_most.unwrap_or(u64::MAX));
        least > most
    }

    /// The range in words, as "300 ms to 400 ms".
    #[must_use]
    pub fn words(self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => format!("{least} ms to {most} ms"),
            (Some(least), None) => format!("at least {least} ms"),
            (None, Some(most)) => format!("at most {most} ms"),
            (None, None) => "any time".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn range(at_least: Option<u64>, at_most: Option<u64>) -> MsRange {
        MsRange { at_least, at_most }
    }

    #[test]
    fn a_revision_may_move_one_bound() {
        let all = range(Some(300), Some(400));
        assert_eq!(
            all.overridden_with(range(None, Some(500))),
            range(Some(300), Some(500))
        );
        assert_eq!(all.overridden_with(MsRange::default()), all);
    }

    #[test]
    fn what_ends_before_it_begins_is_impossible() {
        assert!(range(Some(2), Some(1)).is_impossible());
        assert!(!range(Some(1), Some(1)).is_impossible());
        assert!(!range(Some(1), None).is_impossible());
        assert!(!range(None, Some(0)).is_impossible());
    }

    #[test]
    fn the_words_name_the_bounds_that_there_are() {
        assert_eq!(range(Some(300), Some(400)).words(), "300 ms to 400 ms");
        assert_eq!(range(None, Some(400)).words(), "at most 400 ms");
        assert_eq!(range(Some(300), None).words(), "at least 300 ms");
    }
}
