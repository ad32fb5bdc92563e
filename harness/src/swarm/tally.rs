//! What a swarm has found so far, by signature.

use crate::swarm::finding::{Finding, Signature};
use std::collections::BTreeMap;
use std::fmt;

/// How often a signature is followed that did not come again.
const FOLLOWED: u32 = 2;

/// What is known of one signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Seeds that have shown it.
    pub seeds: Vec<u64>,
    /// It came again on a fresh guest.
    pub believed: bool,
    /// How often it was followed.
    followed: u32,
}

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    known: BTreeMap<Signature, Known>,
    /// Seeds that were played.
    pub played: u64,
    /// Runs for shrinking and repeating.
    pub more_runs: u64,
}

impl Tally {
    /// A seed was played and has shown these. Returns the one to follow: the first that is not known well enough.
    pub fn add<'a>(&mut self, seed: u64, findings: &'a [Finding]) -> Option<&'a Finding> {
        self.played += 1;
        for finding in findings {
            let known = self.known.entry(finding.signature.clone()).or_default();
            known.seeds.push(seed);
        }
        let unknown = findings.iter().find(|finding| {
            let known = self.known.get(&finding.signature);
            known.is_none_or(|known| !known.believed && known.followed < FOLLOWED)
        })?;
        if let Some(known) = self.known.get_mut(&unknown.signature) {
            known.followed += 1;
        }
        Some(unknown)
    }

    /// A signature came again.
    pub fn believe(&mut self, signature: &Signature) {
        self.known.entry(signature.clone()).or_default().believed = true;
    }

    /// Whether any is believed.
    #[must_use]
    pub fn any_believed(&self) -> bool {
        self.known.values().any(|known| known.believed)
    }
}

/// A table: the signatures, how many seeds have shown each, whether it is believed.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.known.is_empty() {
            return writeln!(f, "nothing was found");
        }
        writeln!(f, "believed  seeds  first  invariant")?;
        for (signature, known) in &self.known {
            let believed = if known.believed { "yes" } else { "no" };
            let first = known.seeds.first().copied().unwrap_or(0);
            let seeds = known.seeds.len();
            writeln!(f, "{believed:8}  {seeds:5}  {first:5}  {signature}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::finding::Invariant;

    #[test]
    fn a_signature_is_followed_until_it_is_believed() {
        let finding = |subject: &str| Finding::new(Invariant::NothingBelowZero, subject, 1, String::new());
        let (one, other) = (finding("self"), finding("vfs"));
        let both = [one.clone(), other.clone()];
        let mut tally = Tally::default();
        assert_eq!(tally.add(4, &both), Some(&one));
        tally.believe(&one.signature);
        assert_eq!(tally.add(5, &both), Some(&other));
        assert_eq!(tally.add(6, &both), Some(&other));
        assert_eq!(tally.add(7, &both), None);
        assert!(tally.any_believed());
        let table = tally.to_string();
        assert!(
            table.contains("yes           4      4  nothing-below-zero (self)"),
            "{table}"
        );
        assert!(
            table.contains("no            4      4  nothing-below-zero (vfs)"),
            "{table}"
        );
    }
}
