//! What a swarm on our driver has found, by revision and signature, and which rows explain it.

use crate::swarm::finding::Signature;
use driver::RevisionName;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is known of one signature under one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Seeds that have shown it.
    pub seeds: u64,
    /// The first of them.
    pub first: u64,
    /// Rows that explain it; none if it is new.
    pub rows: BTreeSet<String>,
}

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub struct Census {
    counts: BTreeMap<(RevisionName, Signature), Count>,
    /// Seeds that were played, under all revisions each.
    pub played: u64,
}

impl Census {
    /// A seed has shown this. Returns whether it is the first that has.
    pub fn add(
        &mut self,
        revision: RevisionName,
        seed: u64,
        signature: &Signature,
        rows: Option<&BTreeSet<String>>,
    ) -> bool {
        let count = self
            .counts
            .entry((revision, signature.clone()))
            .or_insert_with(|| Count {
                seeds: 0,
                first: seed,
                rows: rows.cloned().unwrap_or_default(),
            });
        count.seeds += 1;
        count.seeds == 1
    }

    /// Whether something is explained by no row.
    #[must_use]
    pub fn any_new(&self) -> bool {
        self.counts.values().any(|count| count.rows.is_empty())
    }

    /// All that was seen, by revision and signature.
    pub fn rows(&self) -> impl Iterator<Item = (RevisionName, &Signature, &Count)> {
        let counts = self.counts.iter();
        counts.map(|((revision, signature), count)| (*revision, signature, count))
    }

    /// All of it, as one object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let found: Vec<Value> = self
            .counts
            .iter()
            .map(|((revision, signature), count)| {
                json!({
                    "revision": revision.to_string(),
                    "invariant": signature.invariant.name(),
                    "subject": signature.subject,
                    "seeds": count.seeds,
                    "first": count.first,
                    "rows": count.rows,
                })
            })
            .collect();
        json!({ "played": self.played, "found": found })
    }
}

/// A table: revisions, signatures, how many seeds have shown each, by which rows it is explained.
impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.is_empty() {
            return writeln!(f, "nothing was found");
        }
        writeln!(
            f,
            "revision    seeds    first  invariant; rows that show the same"
        )?;
        for ((revision, signature), count) in &self.counts {
            let rows: Vec<&str> = count.rows.iter().map(String::as_str).collect();
            let more = rows.len().saturating_sub(MOST);
            let rows = match (rows.is_empty(), more) {
                (true, _) => "NEW".to_owned(),
                (false, 0) => rows.join(", "),
                (false, more) => format!("{} and {more} more", rows[..MOST].join(", ")),
            };
            let revision = revision.to_string();
            let Count { seeds, first, .. } = count;
            writeln!(f, "{revision:8}  {seeds:7}  {first:7}  {signature}; {rows}")?;
        }
        Ok(())
    }
}

/// Rows that a table names, at the most.
const MOST: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::finding::Invariant;

    #[test]
    fn what_no_row_explains_is_new() {
        let signature = |subject: &str| Signature {
            invariant: Invariant::NothingIsLeft,
            subject: subject.to_owned(),
        };
        let rows = BTreeSet::from(["35".to_owned()]);
        let mut census = Census::default();
        assert!(census.add(RevisionName::Merged, 4, &signature("a"), Some(&rows)));
        assert!(!census.add(RevisionName::Merged, 5, &signature("a"), Some(&rows)));
        assert!(!census.any_new());
        assert!(census.add(RevisionName::Robust, 5, &signature("a"), None));
        assert!(census.any_new());
        let table = census.to_string();
        assert!(
            table.contains("merged          2        4  nothing-is-left (a); 35"),
            "{table}"
        );
        assert!(
            table.contains("robust          1        5  nothing-is-left (a); NEW"),
            "{table}"
        );
        assert_eq!(census.to_json()["found"][0]["rows"], json!(["35"]));
    }
}
