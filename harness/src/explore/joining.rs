//! What parts of a search have found, as one account.

use super::account::{Account, EndAccount, FlawAccount, collision_bound, states_hash};
use super::end::End;
use std::collections::{BTreeMap, BTreeSet};

/// The parts that are not there, as `2/4`.
#[must_use]
pub fn missing(parts: &[Account]) -> Vec<String> {
    let of = parts
        .iter()
        .filter_map(|part| part.part.as_ref()?.split_once('/'));
    let of = of.filter_map(|(_, of)| of.parse::<u64>().ok()).max();
    let Some(of) = of else { return Vec::new() };
    let there: BTreeSet<&str> = parts.iter().filter_map(|part| part.part.as_deref()).collect();
    let wanted = (1..=of).map(|number| format!("{number}/{of}"));
    wanted.filter(|part| !there.contains(part.as_str())).collect()
}

/// What the parts come to together; `is_complete`: none is missing.
#[must_use]
pub fn join(parts: &[Account], is_complete: bool) -> Account {
    let mut joined = parts[0].clone();
    let states: BTreeSet<&String> = parts.iter().flat_map(|part| &part.fingerprints).collect();
    joined.states = states.len() as u64;
    joined.part = None;
    joined.exhausted = is_complete && parts.iter().all(|part| part.exhausted);
    joined.transitions = parts.iter().map(|part| part.transitions).sum();
    joined.bytes = parts.iter().map(|part| part.bytes).sum();
    joined.depth = parts.iter().map(|part| part.depth).max().unwrap_or(0);
    joined.seconds = parts.iter().map(|part| part.seconds).sum();
    joined.collision_bound = collision_bound(joined.states);
    let numbers = states
        .iter()
        .filter_map(|state| u64::from_str_radix(state, 16).ok());
    joined.states_hash = states_hash(numbers);
    joined.fingerprints = states.into_iter().cloned().collect();
    let mut flaws: BTreeMap<&str, &FlawAccount> = BTreeMap::new();
    for flaw in parts.iter().flat_map(|part| &part.flaws) {
        let size = |flaw: &FlawAccount| (flaw.preemptions, flaw.choices.len());
        let known = flaws.entry(&flaw.flaw).or_insert(flaw);
        if size(flaw) < size(known) {
            *known = flaw;
        }
    }
    joined.flaws = flaws.into_values().cloned().collect();
    let mut ends: BTreeMap<&End, EndAccount> = BTreeMap::new();
    for end in parts.iter().flat_map(|part| &part.ends) {
        match ends.get_mut(&end.books) {
            None => _ = ends.insert(&end.books, end.clone()),
            Some(known) => {
                // Parts overlap: at least so many.
                known.states = known.states.max(end.states);
                if end.choices.len() < known.choices.len() {
                    (known.choices, known.turns) = (end.choices.clone(), end.turns.clone());
                }
            }
        }
    }
    joined.ends = ends.into_values().collect();
    joined.concluded()
}
