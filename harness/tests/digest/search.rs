//! Every way through a race, each played again from the start.

use super::race::{Choice, Race};
use std::collections::{BTreeMap, BTreeSet};

/// How a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Every choice in every state.
    Everything,
    /// Of two that commute, one order only (sleep sets).
    LessThatCommutes,
}

/// What a search has found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The books at all ends.
    pub ends: BTreeSet<String>,
    /// Different states.
    pub states: usize,
    /// Choices that were taken for the first time.
    pub steps: usize,
}

/// A way that is still to be gone: what was chosen until there, and what need not be chosen next.
struct Open {
    path: Vec<Choice>,
    asleep: Vec<Choice>,
}

/// Goes every way.
pub fn search(begin: impl Fn() -> Race, way: Way) -> Found {
    let mut race = begin();
    let mut found = Found::default();
    // What was asleep when a state was left the last time: that is all that was not chosen there.
    let mut known: BTreeMap<u64, Vec<Choice>> = BTreeMap::new();
    let mut open = vec![Open {
        path: Vec::new(),
        asleep: Vec::new(),
    }];
    while let Some(Open { mut path, mut asleep }) = open.pop() {
        race.restart();
        path.iter().for_each(|choice| race.take(choice));
        loop {
            let choices = race.choices();
            if choices.is_empty() {
                found.ends.insert(race.books());
                break;
            }
            let fingerprint = race.fingerprint();
            let awake: Vec<Choice> = match known.get_mut(&fingerprint) {
                None => {
                    known.insert(fingerprint, asleep.clone());
                    choices.into_iter().filter(|choice| !asleep.contains(choice)).collect()
                }
                // Known: only what slept then and is awake now is new.
                Some(before) => {
                    let new = before.iter().filter(|choice| !asleep.contains(choice)).cloned();
                    let new: Vec<Choice> = new.collect();
                    before.retain(|choice| asleep.contains(choice));
                    new
                }
            };
            found.steps += awake.len();
            let mut children = Vec::new();
            let mut before = asleep.clone();
            for choice in awake {
                let sleeps = before.iter().filter(|other| choice.commutes_with(other)).cloned();
                let sleeps = match way {
                    Way::Everything => Vec::new(),
                    Way::LessThatCommutes => sleeps.collect(),
                };
                children.push((choice.clone(), sleeps));
                before.push(choice);
            }
            let mut children = children.into_iter();
            let Some((first, sleeps)) = children.next() else { break };
            for (choice, asleep) in children {
                let path = path.iter().cloned().chain([choice]).collect();
                open.push(Open { path, asleep });
            }
            race.take(&first);
            path.push(first);
            asleep = sleeps;
        }
    }
    found.states = known.len();
    found
}

/// Walks about, and tries both orders of each pair that is said to commute. Those that leave different worlds, in words.
pub fn pairs_that_do_not_commute(begin: impl Fn() -> Race, walks: u64) -> Vec<String> {
    let mut race = begin();
    let mut wrong = BTreeSet::new();
    for seed in 0..walks {
        let mut draw = seed;
        let mut path: Vec<Choice> = Vec::new();
        race.restart();
        loop {
            let choices = race.choices();
            if choices.is_empty() {
                break;
            }
            for (place, one) in choices.iter().enumerate() {
                for other in choices.iter().skip(place + 1).filter(|other| one.commutes_with(other)) {
                    let ends = [[one, other], [other, one]].map(|order| {
                        race.restart();
                        path.iter().chain(order).for_each(|choice| race.take(choice));
                        race.fingerprint()
                    });
                    if ends[0] != ends[1] {
                        wrong.insert(format!("{one} / {other}"));
                    }
                }
            }
            race.restart();
            path.iter().for_each(|choice| race.take(choice));
            // A line of a linear congruential generator: all that is wanted is another way for each seed.
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = usize::try_from(draw >> 33).unwrap() % choices.len();
            race.take(&choices[place]);
            path.push(choices[place].clone());
        }
    }
    wrong.into_iter().collect()
}
