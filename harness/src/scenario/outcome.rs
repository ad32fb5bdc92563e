//! What Linux may come to where the kernel itself has more than one way.
//!
//! Our driver decides a race the same way every time, a kernel does not. A file that runs into such a race names every
//! way it may end on Linux, from the first step in which they differ to the warnings. What no outcome names is compared
//! as ever.

use crate::scenario::expectation::{Books, ExpectedWarning};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One of the ways in which a scenario may end on Linux.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinuxOutcome {
    /// Who wins, in one sentence.
    pub why: String,
    /// What both books show then, by step: its name, or its number counted from 1. On Linux this takes the place of what
    /// the step expects under these names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, Books>,
    /// Every warning of the run, in order. Absent: those of our driver's run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warnings: Option<Vec<ExpectedWarning>>,
}

/// The names of what a book compares, as `counters.fw_pages_vfs`, `ledger.vf1`, `returns`.
#[must_use]
pub fn names_in(books: &Books) -> BTreeSet<String> {
    let counters = books.counters.keys().map(|name| format!("counters.{name}"));
    let ledger = books.ledger.keys().map(|name| format!("ledger.{name}"));
    let scalars = [
        ("returns", books.returns.is_some()),
        ("pending", books.pending.is_some()),
    ];
    let scalars = scalars
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| name.to_owned());
    counters.chain(ledger).chain(scalars).collect()
}

/// A book without what has one of these names.
#[must_use]
pub fn without(mut books: Books, names: &BTreeSet<String>) -> Books {
    books
        .counters
        .retain(|name, _| !names.contains(&format!("counters.{name}")));
    books
        .ledger
        .retain(|name, _| !names.contains(&format!("ledger.{name}")));
    books.returns = books.returns.filter(|_| !names.contains("returns"));
    books.pending = books.pending.filter(|_| !names.contains("pending"));
    books
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_named_is_taken_out_and_nothing_else() {
        let books: Books = serde_json::from_value(json!({
            "counters": { "fw_pages_vfs": 1, "fw_pages_total": 2 },
            "ledger": { "vf1": 3, "vf2": 4 },
            "returns": 0,
            "pending": true,
        }))
        .unwrap();
        let all = names_in(&books);
        assert_eq!(all.len(), 6);
        assert_eq!(without(books.clone(), &all), Books::default());
        let some = BTreeSet::from(["ledger.vf1".to_owned(), "returns".to_owned()]);
        let left = without(books, &some);
        assert_eq!(names_in(&left), &all - &some);
    }
}
