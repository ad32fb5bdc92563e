//! All ways of searching come to the same.

use crate::crew::{Crew, SharedVisited, search_together};
use crate::exhaustive::{FoundBy, Seen};
use crate::shrinking::shortest;
use crate::toy::{Op, Toy};
use crate::walks::{Draw, length_in_order, walk};
use crate::{Method, Shard, System, Verdict, Visited, search};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

fn adds(cell: usize) -> Vec<Op> {
    vec![Op::Read(cell), Op::Write(cell, 1)]
}

fn race() -> Toy {
    Toy::new(
        vec![[adds(0), adds(1)].concat(), [adds(0), adds(2)].concat(), adds(0)],
        3,
        2,
    )
}

fn found(toy: &Toy, method: Method) -> FoundBy<Toy> {
    search(
        &mut toy.clone(),
        method,
        Shard::ALL,
        &mut Visited::default(),
        &(),
        |_| false,
    )
    .unwrap()
}

fn ends(found: &FoundBy<Toy>) -> BTreeSet<Vec<u8>> {
    found.ends.keys().cloned().collect()
}

/// Each switch by itself, and all together.
fn methods() -> Vec<Method> {
    let mut methods = Vec::new();
    for bits in 0..16_u32 {
        methods.push(Method {
            visited: bits & 1 != 0,
            persistent: bits & 2 != 0,
            sleep: bits & 4 != 0,
            remember: bits & 8 != 0,
            ..Method::PLAIN
        });
    }
    methods
}

#[test]
fn an_update_that_is_lost_is_found_by_every_method() {
    for method in methods() {
        let found = found(&race(), method);
        let lost: BTreeSet<u8> = found.ends.keys().map(|cells| cells[0]).collect();
        assert_eq!(lost, BTreeSet::from([1, 2, 3]), "{method:?}");
        assert_eq!(found.verdict, Verdict::Exhausted);
        assert!(found.flaws.contains_key(&3), "{method:?}");
    }
}

#[test]
fn what_is_left_out_makes_a_search_shorter() {
    let steps = |method| found(&race(), method).spent.transitions;
    let visited = steps(Method {
        visited: true,
        ..Method::PLAIN
    });
    assert!(visited < steps(Method::PLAIN) / 10);
    assert!(steps(Method::SHORT) < visited);
}

#[test]
fn a_budget_ends_a_search() {
    let budget = |spent: &crate::Spent| spent.transitions < 100;
    let found = search(
        &mut race(),
        Method::PLAIN,
        Shard::ALL,
        &mut Visited::default(),
        &budget,
        |_| false,
    )
    .unwrap();
    assert_eq!(found.verdict, Verdict::Spent);
    assert!(found.spent.transitions < 200);
}

#[test]
fn the_shortest_way_has_the_fewest_preemptions() {
    let is_lost = |seen: &Seen<'_, Vec<u8>, u8>| matches!(seen, Seen::End(cells) if cells[0] == 1);
    let way = shortest(&mut race(), &(), is_lost).unwrap().unwrap();
    // The first reads, the others run as a whole but for what the first overwrites.
    assert_eq!(way.preemptions, 1, "{way:?}");
    let is_never = |seen: &Seen<'_, Vec<u8>, u8>| matches!(seen, Seen::End(cells) if cells[0] == 9);
    assert_eq!(shortest(&mut race(), &(), is_never).unwrap(), None);
}

#[test]
fn parts_together_are_the_whole() {
    for method in [
        Method::SHORT,
        Method {
            visited: true,
            ..Method::PLAIN
        },
    ] {
        let mut whole = Visited::default();
        let all = search(&mut race(), method, Shard::ALL, &mut whole, &(), |_| false).unwrap();
        let mut states: BTreeSet<u64> = BTreeSet::new();
        let mut found: BTreeSet<Vec<u8>> = BTreeSet::new();
        for number in 1..=3 {
            let mut part = Visited::default();
            let shard = Shard { number, of: 3 };
            let one = search(&mut race(), method, shard, &mut part, &(), |_| false).unwrap();
            states.extend(part.fingerprints());
            found.extend(ends(&one));
        }
        assert_eq!(states, whole.fingerprints().collect());
        assert_eq!(found, ends(&all));
    }
}

#[test]
fn several_find_what_one_finds() {
    for method in [
        Method::SHORT,
        Method {
            visited: true,
            ..Method::PLAIN
        },
    ] {
        let memory = SharedVisited::default();
        let crew = Crew {
            workers: NonZeroUsize::new(3).unwrap(),
            make: || Ok(race()),
            done: |_: &mut Toy| (),
        };
        let together = search_together(crew, method, Shard::ALL, &memory, &(), |_| false).unwrap();
        let alone = found(&race(), method);
        assert_eq!(ends(&together), ends(&alone));
        assert_eq!(together.spent.states, alone.spent.states);
        let states = |found: &FoundBy<Toy>| found.ends.values().map(|end| end.states).sum::<u64>();
        assert_eq!(states(&together), states(&alone));
    }
}

#[test]
fn a_walk_is_what_its_seed_says_and_leaves_no_trace() {
    let mut toy = race();
    let before = toy.fingerprint();
    let length = length_in_order(&mut toy).unwrap();
    assert_eq!(length, 10);
    let mut seen = BTreeSet::new();
    for draw in [Draw::Uniform, Draw::Priorities { depth: 3 }] {
        for seed in 0..40 {
            let one = walk(&mut toy, draw, seed, length).unwrap();
            let again = walk(&mut toy, draw, seed, length).unwrap();
            assert_eq!(one.ends, again.ends);
            seen.extend(ends(&one));
        }
    }
    assert_eq!(toy.fingerprint(), before);
    assert!(seen.iter().any(|cells| cells[0] < 3));
}

#[test]
fn who_waits_in_vain_is_an_end() {
    let toy = Toy::new(vec![vec![Op::Await(0), Op::Write(1, 1)], adds(1)], 2, 9);
    for method in methods() {
        assert_eq!(ends(&found(&toy, method)), BTreeSet::from([vec![0, 1]]));
    }
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0..3_usize).prop_map(Op::Read),
        (0..3_usize, 1..3_u8).prop_map(|(cell, more)| Op::Write(cell, more)),
        (0..3_usize).prop_map(Op::Await),
    ]
}

proptest! {
    #[test]
    fn every_method_comes_to_the_same_ends(programs in proptest::collection::vec(proptest::collection::vec(op(), 1..4), 1..4)) {
        let toy = Toy::new(programs, 3, 3);
        let all = found(&toy, Method::PLAIN);
        let states: Vec<u64> = all.ends.values().map(|end| end.states).collect();
        for method in methods() {
            let one = found(&toy, method);
            prop_assert_eq!(ends(&one), ends(&all), "{:?}", method);
            let theirs: Vec<u64> = one.ends.values().map(|end| end.states).collect();
            prop_assert_eq!(&theirs, &states, "{:?}", method);
        }
    }
}
