//! What is found of the three races of the review at 2 VFs and 2 requests, and in how many ways they end.

use super::races::{race, search};
use driver::RevisionName;
use harness::explore::{Detail, FlawKind};
use harness::scenario::InvariantName;
use search::{Method, Verdict};

/// A race under a revision: what goes wrong, and how many ends there are.
type Row = (&'static str, RevisionName, &'static [FlawKind], usize);

use FlawKind::{Broken, MissingRoot, PageNotFound};
use InvariantName::{
    CommandTimeOut, CounterMatchesLedger, CounterWrapped, LockCycle, MemorySafe, NothingLeaks,
    OwnedPageMapped, PageIntact, PagesMatchLedger,
};
use RevisionName::{Merged, Reviewed, Robust};

const ROWS: [Row; 9] = [
    (
        "drift",
        Reviewed,
        &[Broken(CounterMatchesLedger), Broken(CounterWrapped)],
        3,
    ),
    ("drift", Merged, &[], 1),
    ("drift", Robust, &[], 1),
    (
        "lock",
        Reviewed,
        &[
            Broken(CounterMatchesLedger),
            Broken(LockCycle),
            Broken(CommandTimeOut),
            Broken(MemorySafe),
        ],
        5,
    ),
    // Pages that are given before their VF is known stay under nobody.
    ("lock", Merged, &[Broken(CounterMatchesLedger)], 3),
    ("lock", Robust, &[], 1),
    // Who frees a page behind firmware's back frees what firmware owns, under every revision; what a revision can do is to find it.
    (
        "migration",
        Reviewed,
        &[
            Broken(PagesMatchLedger),
            Broken(NothingLeaks),
            Broken(OwnedPageMapped),
            Broken(PageIntact),
            MissingRoot,
            PageNotFound,
        ],
        3,
    ),
    (
        "migration",
        Merged,
        &[
            Broken(CounterMatchesLedger),
            Broken(PagesMatchLedger),
            Broken(CounterWrapped),
            Broken(NothingLeaks),
            Broken(OwnedPageMapped),
            Broken(PageIntact),
            MissingRoot,
            PageNotFound,
        ],
        3,
    ),
    (
        "migration",
        Robust,
        &[
            Broken(CounterMatchesLedger),
            Broken(PagesMatchLedger),
            Broken(NothingLeaks),
            Broken(OwnedPageMapped),
            Broken(PageIntact),
            MissingRoot,
            PageNotFound,
        ],
        3,
    ),
];

#[test]
fn the_races_of_the_review_go_wrong_where_the_review_said() {
    for (name, revision, kinds, ends) in ROWS {
        let survey = search(
            &race(name, 2, 2),
            revision.choices(),
            Method::SHORT,
            Detail::Commands,
        );
        assert_eq!(survey.found.verdict, Verdict::Exhausted, "{name}, {revision}");
        let mut found: Vec<FlawKind> = survey.found.flaws.keys().map(|flaw| flaw.kind).collect();
        found.dedup();
        assert_eq!(found, kinds, "{name}, {revision}");
        assert_eq!(
            survey.found.ends.len(),
            ends,
            "{name}, {revision}: {:#?}",
            survey.found.ends.keys()
        );
    }
}
