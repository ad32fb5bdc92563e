//! Every way through a race, forked wherever there is a choice.

use super::race::{Choice, Race, RaceStanding, Seen};
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
    /// Choices that were taken.
    pub steps: usize,
}

impl Found {
    /// How much that was, in words.
    pub fn size(&self) -> String {
        format!(
            "{} states with a choice, {} choices taken",
            self.states, self.steps
        )
    }
}

/// A state from which somebody has yet to go on, and what need not be chosen there.
struct Open {
    standing: RaceStanding,
    asleep: Asleep,
}

/// Choices that need not be made, since a way where they were made first comes to the same; with what they touched.
type Asleep = Vec<(Choice, Seen)>;

fn names(asleep: &Asleep) -> BTreeSet<Choice> {
    asleep.iter().map(|(choice, _)| *choice).collect()
}

impl Way {
    /// What sleeps after a choice: what slept before it and does not care.
    fn sleeping(self, before: &Asleep, seen: &Seen) -> Asleep {
        let cares = |other: &Seen| match self {
            Self::Everything => true,
            Self::LessThatCommutes => !seen.commutes_with(other),
            Self::Credulously => false,
        };
        before
            .iter()
            .filter(|(_, other)| !cares(other))
            .cloned()
            .collect()
    }
}

/// Goes every way.
pub fn search(mut race: Race, way: Way) -> Found {
    let mut found = Found::default();
    // What was asleep when a state was left the last time: that is all that was not chosen there.
    let mut known: BTreeMap<u64, BTreeSet<Choice>> = BTreeMap::new();
    let mut open = vec![Open {
        standing: race.snapshot(),
        asleep: Vec::new(),
    }];
    while let Some(Open { standing, mut asleep }) = open.pop() {
        race.go_back(&standing);
        let mut choices = race.choices();
        if way == Way::Credulously {
            // The order in which this race shows what is lost.
            choices.reverse();
        }
        // Where there is one way on, nothing is to be remembered.
        while let [only] = choices[..]
            && !asleep.iter().any(|(choice, _)| *choice == only)
        {
            let seen = race.take(&only);
            asleep = way.sleeping(&asleep, &seen);
            found.steps += 1;
            choices = race.choices();
        }
        let standing = race.snapshot();
        if choices.is_empty() {
            found.ends.insert(race.books());
            continue;
        }
        let now_asleep = names(&asleep);
        let fingerprint = race.fingerprint();
        let awake: Vec<Choice> = match known.get_mut(&fingerprint) {
            None => {
                known.insert(fingerprint, now_asleep.clone());
                let is_awake = |choice: &Choice| !now_asleep.contains(choice);
                choices.into_iter().filter(is_awake).collect()
            }
            // Known: only what slept then and is awake now is new.
            Some(before) => {
                let is_new = |choice: &Choice| before.contains(choice) && !now_asleep.contains(choice);
                let new = choices.into_iter().filter(is_new).collect();
                before.retain(|choice| now_asleep.contains(choice));
                new
            }
        };
        found.steps += awake.len();
        for (place, choice) in awake.iter().enumerate() {
            if place > 0 {
                race.go_back(&standing);
            }
            let seen = race.take(choice);
            open.push(Open {
                standing: race.snapshot(),
                asleep: way.sleeping(&asleep, &seen),
            });
            asleep.push((*choice, seen));
        }
    }
    found.states = known.len();
    found
}

/// Walks about as a seed says, and tries both orders of each pair that is said to commute. Those that leave different worlds, in words.
pub fn pairs_that_do_not_commute(mut race: Race, seed: u64) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    let mut draw = seed;
    loop {
        let choices = race.choices();
        if choices.is_empty() {
            return wrong.into_iter().collect();
        }
        // A line of a linear congruential generator: all that is wanted is another way for each seed.
        draw = draw
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let here = race.snapshot();
        for (place, one) in choices.iter().enumerate() {
            for other in &choices[place + 1..] {
                if !race.commute(one, other) {
                    continue;
                }
                let ends = [[one, other], [other, one]].map(|order| {
                    order.into_iter().for_each(|choice| _ = race.take(choice));
                    let end = race.fingerprint();
                    race.go_back(&here);
                    end
                });
                if ends[0] != ends[1] {
                    wrong.insert(format!("{one} / {other}"));
                }
            }
        }
        let place = usize::try_from(draw >> 33).unwrap() % choices.len();
        race.take(&choices[place]);
    }
}
