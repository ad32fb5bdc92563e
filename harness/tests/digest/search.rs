//! Every way through a race, each played again from the start.

use super::race::{Choice, Race, Seen};
use std::collections::{BTreeMap, BTreeSet};

/// How a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Every choice in every state.
    Everything,
    /// Of two that commute, one order only (sleep sets).
    LessThatCommutes,
    /// The same for one who takes everything to commute.
    Credulously,
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
    asleep: Asleep,
}

/// Choices that need not be made, since a way where they were made first comes to the same; with what they touched.
type Asleep = Vec<(Choice, Seen)>;

fn names(asleep: &Asleep) -> BTreeSet<String> {
    asleep.iter().map(|(choice, _)| choice.to_string()).collect()
}

fn sleeps(asleep: &Asleep, choice: &Choice) -> bool {
    asleep.iter().any(|(other, _)| other == choice)
}

impl Way {
    /// What sleeps after a choice: what slept before it and does not care.
    fn sleeping(self, before: &Asleep, seen: &Seen) -> Asleep {
        match self {
            Self::Everything => Asleep::new(),
            Self::LessThatCommutes => {
                let sleeping = before.iter().filter(|(_, other)| seen.commutes_with(other));
                sleeping.cloned().collect()
            }
            Self::Credulously => before.clone(),
        }
    }
}

/// From the start to the end of a path.
fn follow(race: &mut Race, path: &[Choice]) {
    race.restart();
    path.iter().for_each(|choice| _ = race.take(choice));
}

/// Goes every way.
pub fn search(begin: impl Fn() -> Race, way: Way) -> Found {
    let mut race = begin();
    let mut found = Found::default();
    // What was asleep when a state was left the last time: that is all that was not chosen there.
    let mut known: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    let mut open = vec![Open {
        path: Vec::new(),
        asleep: Vec::new(),
    }];
    while let Some(Open { mut path, mut asleep }) = open.pop() {
        follow(&mut race, &path);
        loop {
            let choices = race.choices();
            if choices.is_empty() {
                found.ends.insert(race.books());
                break;
            }
            let fingerprint = race.fingerprint();
            let now_asleep = names(&asleep);
            let awake: Vec<Choice> = match known.get_mut(&fingerprint) {
                None => {
                    known.insert(fingerprint, now_asleep);
                    choices
                        .into_iter()
                        .filter(|choice| !sleeps(&asleep, choice))
                        .collect()
                }
                // Known: only what slept then and is awake now is new.
                Some(before) => {
                    let is_new = |choice: &Choice| {
                        let name = choice.to_string();
                        before.contains(&name) && !now_asleep.contains(&name)
                    };
                    let new = choices.into_iter().filter(is_new).collect();
                    before.retain(|name| now_asleep.contains(name));
                    new
                }
            };
            found.steps += awake.len();
            let Some((last, awake)) = awake.split_last() else {
                break;
            };
            let mut before = asleep.clone();
            // Each is tried here, for what it touches; the last one is then gone on from.
            for choice in awake {
                let seen = race.take(choice);
                let asleep = way.sleeping(&before, &seen);
                before.push((choice.clone(), seen));
                let further = path.iter().cloned().chain([choice.clone()]).collect();
                open.push(Open {
                    path: further,
                    asleep,
                });
                follow(&mut race, &path);
            }
            let seen = race.take(last);
            asleep = way.sleeping(&before, &seen);
            path.push(last.clone());
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
            // A line of a linear congruential generator: all that is wanted is another way for each seed.
            draw = draw
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let is_tried = draw >> 60 == 0;
            for (place, one) in choices.iter().enumerate().filter(|_| is_tried) {
                for other in choices
                    .iter()
                    .skip(place + 1)
                    .filter(|other| one.commutes_with(other))
                {
                    let ends = [[one, other], [other, one]].map(|order| {
                        follow(&mut race, &path);
                        order.into_iter().for_each(|choice| _ = race.take(choice));
                        race.fingerprint()
                    });
                    if ends[0] != ends[1] {
                        wrong.insert(format!("{one} / {other}"));
                    }
                }
            }
            if is_tried {
                follow(&mut race, &path);
            }
            let place = usize::try_from(draw >> 33).unwrap() % choices.len();
            race.take(&choices[place]);
            path.push(choices[place].clone());
        }
    }
    wrong.into_iter().collect()
}
