//! A small search of all interleavings, by playing each again from the start: what a race can end in, told by every way of searching
//! alike. A step that touches more than it announces makes the ways differ.
//!
//! * `race` - the race: a VF enabled, a request for pages
//! * `search` - all ends, with and without believing that steps commute

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod race;
mod search;

use driver::RevisionName;
use race::Race;
use search::{Way, pairs_that_do_not_commute, search};

/// A search that believes that steps commute which touch nothing in common comes to the same ends as one that believes nothing.
fn believing_loses_no_end(revision: RevisionName) {
    let all = search(|| Race::begin(revision), Way::Everything);
    let believing = search(|| Race::begin(revision), Way::LessThatCommutes);
    assert_eq!(all.ends, believing.ends);
    assert_eq!(
        all.ends.len(),
        2,
        "the page is the VF's or nobody's: {:?}",
        all.ends
    );
    assert!(
        believing.states < all.states && all.states > 1_000,
        "{} states of {} are left",
        believing.states,
        all.states
    );
}

#[test]
fn what_steps_touch_loses_no_end_of_the_patch_as_first_posted() {
    believing_loses_no_end(RevisionName::Reviewed);
}

#[test]
fn what_steps_touch_loses_no_end_of_linux() {
    believing_loses_no_end(RevisionName::Merged);
}

#[test]
fn what_steps_touch_loses_no_end_of_the_robust_driver() {
    believing_loses_no_end(RevisionName::Robust);
}

/// That the ends could differ: who believes that everything commutes misses one.
#[test]
fn a_search_that_believes_too_much_loses_an_end() {
    let found = search(|| Race::begin(RevisionName::Merged), Way::Credulously);
    assert!(found.ends.len() < 2, "{:?}", found.ends);
}

/// Two steps that announce nothing in common leave the same world, whichever comes first.
#[test]
fn what_is_said_to_commute_does() {
    for revision in [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust] {
        let pairs = pairs_that_do_not_commute(|| Race::begin(revision).raw(), 3);
        assert_eq!(pairs, Vec::<String>::new(), "{revision}");
    }
}
