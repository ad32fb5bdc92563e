//! Every way of searching comes to the same ends and finds the same flaws.

use super::races::{TINY, as_it_stands, found, search};
use driver::RevisionName;
use harness::explore::Detail;
use search::{Method, Verdict};

/// Ways of searching, from the one that leaves nothing out on.
const WAYS: [(&str, Method, Detail); 6] = [
    (
        "nothing remembered, nothing left out",
        Method::PLAIN,
        Detail::Commands,
    ),
    (
        "fingerprints",
        Method {
            visited: true,
            ..Method::PLAIN
        },
        Detail::Commands,
    ),
    (
        "persistent sets",
        Method {
            visited: true,
            persistent: true,
            ..Method::PLAIN
        },
        Detail::Commands,
    ),
    ("persistent and sleep sets", Method::SHORT, Detail::Commands),
    (
        "every way gone again",
        Method {
            remember: false,
            ..Method::SHORT
        },
        Detail::Commands,
    ),
    ("every single step", Method::SHORT, Detail::All),
];

fn agrees(revision: RevisionName) {
    for name in TINY {
        let scenario = as_it_stands(name);
        let mut known = None;
        for (way, method, detail) in WAYS {
            let survey = search(&scenario, revision.choices(), method, detail);
            println!(
                "{name}, {revision}, {way}: {} states, {} transitions, {} ends",
                survey.found.spent.states,
                survey.found.spent.transitions,
                survey.found.ends.len()
            );
            assert_eq!(survey.found.verdict, Verdict::Exhausted, "{name}, {way}");
            let found = found(&survey);
            assert!(!found.0.is_empty(), "{name}, {way}");
            assert_eq!(
                known.get_or_insert_with(|| found.clone()),
                &found,
                "{name}, {way}"
            );
        }
    }
}

#[test]
fn all_ways_of_searching_agree_on_the_patch_as_first_posted() {
    agrees(RevisionName::Reviewed);
}

#[test]
fn all_ways_of_searching_agree_on_linux() {
    agrees(RevisionName::Merged);
}

#[test]
fn all_ways_of_searching_agree_on_the_robust_driver() {
    agrees(RevisionName::Robust);
}

/// What a search leaves out costs nothing in races in which a wait ends beside firmware's doing, either.
#[test]
fn what_is_left_out_loses_no_flaw_of_the_races_of_the_review() {
    for name in ["migration", "take-held", "hold-give", "wait-oldest"] {
        let scenario = as_it_stands(name);
        for revision in [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust] {
            let visited = Method {
                visited: true,
                ..Method::PLAIN
            };
            let all = search(&scenario, revision.choices(), visited, Detail::Commands);
            let short = search(&scenario, revision.choices(), Method::SHORT, Detail::Commands);
            assert_eq!(found(&all), found(&short), "{name}, {revision}");
            assert!(
                short.found.spent.transitions <= all.found.spent.transitions,
                "{name}, {revision}"
            );
        }
    }
}
