//! What two tools say about every race in every revision: one by every schedule, one by some.

use models::{Case, Finding, Race, Revision, Sampling, Size, Strategy, Until, exhaust, sample};

/// Which are violated, at both sizes.
const VERDICTS: [(Race, [(Revision, bool); 3]); 4] = [
    (Race::Drift, revisions(true, false, false)),
    (Race::Lock, revisions(true, false, false)),
    // The order of retag and erase does not help against somebody who has read the old key.
    (Race::Migration, revisions(true, true, true)),
    (Race::GuardedMigration, revisions(true, false, false)),
];

const fn revisions(reviewed: bool, merged: bool, robust: bool) -> [(Revision, bool); 3] {
    [
        (Revision::Reviewed, reviewed),
        (Revision::Merged, merged),
        (Revision::Robust, robust),
    ]
}

const STRATEGIES: [Strategy; 2] = [Strategy::Random, Strategy::Pct { depth: 2 }];

fn size(vfs: usize, requests: usize) -> Size {
    Size { vfs, requests }
}

/// What both tools say, which has to be the same.
fn violated(case: Case) -> bool {
    let first = exhaust(case, None, Until::Violated);
    let all = exhaust(case, None, Until::Exhausted);
    assert_eq!(first.first, all.first, "{case:?}: loom is deterministic");
    for strategy in STRATEGIES {
        for seed in 0..4 {
            let sampling = Sampling {
                strategy,
                schedules: 1_000,
                seed,
            };
            let some = sample(case, sampling);
            assert_eq!(some.violated(), all.violated(), "{case:?}, {sampling:?}");
            assert!(
                some.violated() || some.schedules == 1_000,
                "{case:?}, {sampling:?}"
            );
        }
    }
    all.violated()
}

#[test]
fn both_tools_say_the_same_of_every_race_in_every_revision() {
    for (race, revisions) in VERDICTS {
        for (revision, expected) in revisions {
            for size in [size(2, 1), size(2, 2)] {
                let case = Case { race, revision, size };
                assert_eq!(violated(case), expected, "{case:?}");
            }
        }
    }
}

#[test]
fn the_table_has_every_race_and_every_revision() {
    assert_eq!(VERDICTS.map(|(race, _)| race), Race::ALL);
    for (_, revisions) in VERDICTS {
        assert_eq!(revisions.map(|(revision, _)| revision), Revision::ALL);
    }
}

/// The answer in the review was right about one request, and about no more than that.
#[test]
fn the_lock_is_safe_as_long_as_there_is_one_request_under_one_hold_of_it() {
    let reviewed = |vfs, requests| Case {
        race: Race::Lock,
        revision: Revision::Reviewed,
        size: size(vfs, requests),
    };
    assert!(!violated(reviewed(1, 1)));
    assert!(violated(reviewed(1, 2)), "a second request of the same command");
    assert!(violated(reviewed(2, 1)), "a request of the next vport's command");
}

/// loom lets the first of the two go on until it blocks; that the other one begins is a preemption to it.
#[test]
fn few_preemptions_are_enough() {
    let needed = |race, revision| {
        let case = Case {
            race,
            revision,
            size: size(2, 2),
        };
        (0..4).find(|&most| exhaust(case, Some(most), Until::Violated).violated())
    };
    let needed = |race| Revision::ALL.map(|revision| needed(race, revision));
    assert_eq!(needed(Race::Drift), [Some(2), None, None]);
    assert_eq!(needed(Race::Lock), [Some(0), None, None]);
    assert_eq!(needed(Race::Migration), [Some(1), Some(2), Some(2)]);
    assert_eq!(needed(Race::GuardedMigration), [Some(1), None, None]);
}

#[test]
fn a_seed_gives_the_same_finding_each_time() {
    let case = Case {
        race: Race::Migration,
        revision: Revision::Merged,
        size: size(4, 1),
    };
    for strategy in STRATEGIES {
        let find = |seed| {
            let sampling = Sampling {
                strategy,
                schedules: 10_000,
                seed,
            };
            sample(case, sampling)
        };
        let found: Vec<Finding> = (0..8).map(find).collect();
        assert_eq!(found, (0..8).map(find).collect::<Vec<_>>(), "{strategy:?}");
        let firsts = found.iter().map(|found| found.first);
        assert!(
            !firsts.clone().all(|first| first == found[0].first),
            "{strategy:?}"
        );
    }
}

#[test]
fn nothing_is_found_where_nothing_is_run() {
    let case = Case {
        race: Race::Drift,
        revision: Revision::Reviewed,
        size: size(2, 2),
    };
    let sampling = Sampling {
        strategy: Strategy::Random,
        schedules: 0,
        seed: 0,
    };
    let nothing = Finding {
        first: None,
        schedules: 0,
    };
    assert_eq!(sample(case, sampling), nothing);
}

#[test]
fn a_race_of_nobody_is_no_race() {
    for race in Race::ALL {
        for revision in Revision::ALL {
            for size in [size(0, 0), size(0, 2), size(2, 0)] {
                let case = Case { race, revision, size };
                assert!(!exhaust(case, None, Until::Exhausted).violated(), "{case:?}");
            }
        }
    }
}
