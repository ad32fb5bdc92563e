//! What parts of a search have found, as one account.

use super::account::{Account, EndAccount, FlawAccount, collision_bound, states_hash};
use super::end::End;
use std::collections::{BTreeMap, BTreeSet};

/// Missing parts that are named; of more, only how many they are. A file may say that there are as many as numbers reach.
const MOST_NAMED: usize = 64;

/// The parts that are not there, as `2/4`.
#[must_use]
pub fn missing(parts: &[Account]) -> Vec<String> {
    let of = parts
        .iter()
        .filter_map(|part| part.part.as_ref()?.split_once('/'));
    let of = of.filter_map(|(_, of)| of.parse::<u64>().ok()).max();
    let Some(of) = of else { return Vec::new() };
    let numbers = parts.iter().filter_map(|part| {
        let (number, of_these) = part.part.as_ref()?.split_once('/')?;
        let number = number.parse::<u64>().ok()?;
        (of_these.parse() == Ok(of) && (1..=of).contains(&number)).then_some(number)
    });
    let there: BTreeSet<u64> = numbers.collect();
    let wanted = (1..=of).filter(|number| !there.contains(number));
    let mut named: Vec<String> = wanted
        .take(MOST_NAMED)
        .map(|number| format!("{number}/{of}"))
        .collect();
    let more = of - (there.len() + named.len()) as u64;
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    named
}

/// What the parts come to together; `is_complete`: none is missing.
#[must_use]
pub fn join(parts: &[Account], is_complete: bool) -> Account {
    let mut joined = parts[0].clone();
    let states: BTreeSet<&String> = parts.iter().flat_map(|part| &part.fingerprints).collect();
    joined.states = states.len() as u64;
    joined.part = None;
    joined.exhausted = is_complete && parts.iter().all(|part| part.exhausted);
    // The numbers are somebody's file.
    let sum = |of: fn(&Account) -> u64| parts.iter().map(of).fold(0, u64::saturating_add);
    joined.transitions = sum(|part| part.transitions);
    joined.bytes = sum(|part| part.bytes);
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(part: &str, transitions: u64) -> Account {
        let account = json!({ "race": "r", "file": "r.json", "revision": "merged", "outcome": "none",
            "exhausted": true, "bounds": "", "part": part, "states": 0, "transitions": transitions, "bytes": transitions,
            "depth": 0, "walks": 0, "seconds": 0.0, "collision_bound": 0.0, "flaws": [], "ends": [], "states_hash": "" });
        serde_json::from_value(account).unwrap()
    }

    #[test]
    fn parts_that_are_missing_are_named_and_of_very_many_only_some() {
        assert_eq!(missing(&[part("1/3", 0)]), ["2/3", "3/3"]);
        assert!(missing(&[part("2/2", 0), part("1/2", 0)]).is_empty());
        let named = missing(&[part("7/18446744073709551615", 0), part("0/3", 0), part("x/y", 0)]);
        assert_eq!(named.len(), MOST_NAMED + 1);
        assert_eq!(named[0], "1/18446744073709551615");
        assert_eq!(named[MOST_NAMED], format!("and {} more", u64::MAX - 65));
    }

    #[test]
    fn sums_that_no_number_holds_are_the_largest_one() {
        let joined = join(&[part("1/2", u64::MAX), part("2/2", 1)], true);
        assert_eq!((joined.transitions, joined.bytes), (u64::MAX, u64::MAX));
    }
}
