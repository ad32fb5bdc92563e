//! What a race comes to: both books when nothing happens any more.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// See the module's head. What is 0 or absent is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct End {
    /// The counters of every driver, as signed numbers; of drivers of other functions with the function in front.
    pub counters: BTreeMap<String, i32>,
    /// The pages that firmware books, by owner.
    pub ledger: BTreeMap<String, u64>,
    /// The pages that the driver tracks, by key.
    pub roots: BTreeMap<u32, u64>,
    /// What the operations of the race returned that did not succeed, or that they never end.
    pub results: BTreeMap<String, Option<i32>>,
    /// Pages and mappings that are left though no driver is bound.
    pub leaked: u64,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        let list = |entries: Vec<String>| match entries.is_empty() {
            true => "nothing".to_owned(),
            false => entries.join(" "),
        };
        parts.push(list(
            self.counters
                .iter()
                .map(|(name, value)| format!("{} {value}", name.trim_start_matches("fw_pages_")))
                .collect(),
        ));
        parts.push(format!(
            "firmware: {}",
            list(
                self.ledger
                    .iter()
                    .map(|(owner, pages)| format!("{owner} {pages}"))
                    .collect()
            )
        ));
        for (operation, result) in &self.results {
            parts.push(match result {
                Some(errno) => format!("{operation} returns {errno}"),
                None => format!("{operation} never ends"),
            });
        }
        if self.leaked > 0 {
            parts.push(format!("{} left behind", self.leaked));
        }
        f.write_str(&parts.join("; "))
    }
}
