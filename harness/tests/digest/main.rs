//! A small search of all interleavings, by playing each again from the start: what a race can end in, told by every way of searching
//! alike. A step that touches more than it announces makes the ways differ.
//!
//! * `race` - the race: a VF enabled, the driver removed, a request for pages
//! * `search` - all ends, with and without believing that steps commute

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod race;
mod search;

use driver::RevisionName;
use race::Race;
use search::{Found, Way, search};

const REVISIONS: [RevisionName; 3] = [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust];

/// A search that believes that steps commute which announce nothing in common comes to the same ends as one that believes nothing.
#[test]
fn what_steps_announce_loses_no_end() {
    for revision in REVISIONS {
        let all = search(|| Race::begin(revision), Way::Everything);
        let believing = search(|| Race::begin(revision), Way::LessThatCommutes);
        assert_eq!(all.ends, believing.ends, "{revision}");
        assert!(
            believing.steps <= all.steps,
            "{revision}: {} steps, {} where nothing is believed",
            believing.steps,
            all.steps
        );
        println!("{revision}: {}", told(&all));
    }
}

/// Two things that are said to commute leave the same world, whichever comes first.
#[test]
fn what_is_said_to_commute_does() {
    for revision in REVISIONS {
        let pairs = search::pairs_that_do_not_commute(|| Race::begin(revision), 40);
        assert_eq!(pairs, Vec::<String>::new(), "{revision}");
    }
}

fn told(found: &Found) -> String {
    format!("{} ends, {} states, {} steps", found.ends.len(), found.states, found.steps)
}
