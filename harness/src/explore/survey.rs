//! A race is surveyed: all its ways, or as many as the budget allows, and of what was found the shortest ways to it.

use super::choice::Choice;
use super::end::End;
use super::flaw::{Flaw, FlawKind};
use super::halt::RaceHalt;
use super::knowledge::Knowledge;
use super::race::{Race, RaceOptions};
use super::vocabulary::Vocabulary;
use crate::scenario::{ScenarioFile, Sizes};
use driver::{Revision, RevisionName};
use search::crew::{Crew, SharedVisited, search_together};
use search::exhaustive::Seen;
use search::shrinking::shortest;
use search::walks::{Draw, length_in_order, walk};
use search::{Budget, Found, Method, Shard, Spent, Verdict, Visited, Witness};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

/// What was found of a race.
pub type RaceFound = Found<Choice, End, Flaw>;

/// What is done to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Every way.
    Exhaustive {
        /// What is left out.
        method: Method,
        /// Which part of them.
        shard: Shard,
        /// By how many at once.
        jobs: NonZeroUsize,
    },
    /// Ways drawn from seeds.
    Walks {
        /// How.
        draw: Draw,
        /// The seeds.
        seeds: Range<u64>,
    },
}

/// A race that was surveyed.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Under which revision.
    pub revision: RevisionName,
    /// What was found.
    pub found: RaceFound,
    /// The fingerprints of all states, where ways were gone exhaustively.
    pub states: Vec<u64>,
    /// How many ways were drawn.
    pub walks: u64,
    /// How often every way was gone, until nobody was surprised.
    pub rounds: u32,
}

/// What decides how far a survey goes.
pub struct Limits<'a> {
    /// Whether it may go on after so much.
    pub budget: &'a (dyn Fn(&Spent) -> bool + Sync),
    /// Whether it ends with the first flaw.
    pub first_flaw: bool,
}

struct Within<'a>(&'a (dyn Fn(&Spent) -> bool + Sync));

impl Budget for Within<'_> {
    fn allows(&self, spent: &Spent) -> bool {
        (self.0)(spent)
    }
}

/// Surveys a race.
///
/// # Errors
/// [`RaceHalt`].
pub fn survey(
    scenario: &ScenarioFile,
    revision: &'static dyn Revision,
    options: RaceOptions,
    strategy: &Strategy,
    limits: &Limits<'_>,
) -> Result<Survey, RaceHalt> {
    let (mut found, states, walks, rounds) = match strategy {
        Strategy::Exhaustive { method, shard, jobs } => {
            let (found, states, rounds) =
                every_way(scenario, revision, options, (*method, *shard, *jobs), limits)?;
            (found, states, 0, rounds)
        }
        Strategy::Walks { draw, seeds } => {
            let mut race = Race::begin_as(scenario, revision, options)?;
            let (found, walks) = draw_walks(&mut race, *draw, seeds.clone(), limits)?;
            (found, Vec::new(), walks, 0)
        }
    };
    if let Some(witness) = found.livelock.clone() {
        let flaw = Flaw {
            kind: FlawKind::Livelock,
            subject: None,
        };
        let size = witness.size();
        found.note_flaw(flaw, || witness, size);
    }
    Ok(Survey {
        revision: revision.name(),
        found,
        states,
        walks,
        rounds,
    })
}

/// Every way; again with what was learnt, as long as somebody has done what nobody knew of him.
fn every_way(
    scenario: &ScenarioFile,
    revision: &'static dyn Revision,
    options: RaceOptions,
    (method, shard, jobs): (Method, Shard, NonZeroUsize),
    limits: &Limits<'_>,
) -> Result<(RaceFound, Vec<u64>, u32), RaceHalt> {
    let stops = |seen: Seen<'_, End, Flaw>| limits.first_flaw && matches!(seen, Seen::Flaw(_));
    let budget = Within(limits.budget);
    let vocabulary = Vocabulary::default();
    let mut known = Rc::new(Knowledge::default());
    if method.persistent {
        known = Rc::new(learnt_in_passing(scenario, revision, options, &vocabulary)?);
    }
    let mut rounds = 0;
    loop {
        rounds += 1;
        let (found, states, surprises) = if jobs.get() == 1 {
            let mut race = Race::begin_as(scenario, revision, options)?.knowing(&known, &vocabulary);
            let mut visited = Visited::default();
            let found = search::search(&mut race, method, shard, &mut visited, &budget, stops)?;
            (found, visited.fingerprints().collect(), race.surprises())
        } else {
            let visited = SharedVisited::default();
            let surprises = Mutex::new(None::<Knowledge>);
            let base = Knowledge::clone(&known);
            let make = || {
                let known = Rc::new(base.clone());
                Ok(Race::begin_as(scenario, revision, options)?.knowing(&known, &vocabulary))
            };
            let done = |race: &mut Race| {
                if let Some(learnt) = race.surprises() {
                    let mut all = surprises.lock().unwrap_or_else(PoisonError::into_inner);
                    all.get_or_insert_default().add(&learnt);
                }
            };
            let crew = Crew {
                workers: jobs,
                make,
                done,
            };
            let found = search_together(crew, method, shard, &visited, &budget, stops)?;
            let surprises = surprises.into_inner().unwrap_or_else(PoisonError::into_inner);
            (found, visited.fingerprints(), surprises)
        };
        let is_over = found.verdict != Verdict::Exhausted || !method.persistent;
        match surprises {
            Some(learnt) if !is_over => {
                let mut more = Knowledge::clone(&known);
                more.add(&learnt);
                more.settle();
                known = Rc::new(more);
            }
            _ => return Ok((found, states, rounds)),
        }
    }
}

/// So many ways in a row that show nothing new end the learning before a search, or so many ways in all.
const NOTHING_NEW: u64 = 6;
const WAYS_TO_LEARN: u64 = 60;

/// What is learnt of those who take part on a few ways.
fn learnt_in_passing(
    scenario: &ScenarioFile,
    revision: &'static dyn Revision,
    options: RaceOptions,
    vocabulary: &Vocabulary,
) -> Result<Knowledge, RaceHalt> {
    let mut race = Race::begin_as(scenario, revision, options)?.knowing(&Rc::default(), vocabulary);
    let length = length_in_order(&mut race)?;
    let mut learnt = Knowledge::default();
    let mut in_vain = 0;
    for seed in 0..WAYS_TO_LEARN {
        let draw = match seed % 2 {
            0 => Draw::Uniform,
            _ => Draw::Priorities { depth: 4 },
        };
        walk(&mut race, draw, seed, length)?;
        let is_new = race.surprises().is_some_and(|new| learnt.add(&new));
        in_vain = if is_new { 0 } else { in_vain + 1 };
        if in_vain >= NOTHING_NEW {
            break;
        }
    }
    learnt.settle();
    Ok(learnt)
}

fn draw_walks(
    race: &mut Race,
    draw: Draw,
    seeds: Range<u64>,
    limits: &Limits<'_>,
) -> Result<(RaceFound, u64), RaceHalt> {
    let length = length_in_order(race)?;
    let mut found = Found::new();
    let mut walks = 0;
    for seed in seeds {
        if !(limits.budget)(&found.spent) {
            found.verdict = Verdict::Spent;
            break;
        }
        found.join(walk(race, draw, seed, length)?);
        walks += 1;
        if limits.first_flaw && !found.flaws.is_empty() {
            found.verdict = Verdict::Stopped;
            break;
        }
    }
    Ok((found, walks))
}

/// Takes a shorter way to a flaw, if there is one within the budget.
///
/// # Errors
/// [`RaceHalt`].
pub fn shorten(
    race: &mut Race,
    found: &mut RaceFound,
    flaw: &Flaw,
    limits: &Limits<'_>,
) -> Result<(), RaceHalt> {
    let is_it = |seen: &Seen<'_, End, Flaw>| matches!(seen, Seen::Flaw(seen) if *seen == flaw);
    let known = found.flaws.get_mut(flaw).map(|seen| &mut seen.witness);
    take_shorter(race, known, is_it, limits)
}

/// Takes a shorter way to an end, if there is one within the budget.
///
/// # Errors
/// [`RaceHalt`].
pub fn shorten_end(
    race: &mut Race,
    found: &mut RaceFound,
    end: &End,
    limits: &Limits<'_>,
) -> Result<(), RaceHalt> {
    let is_it = |seen: &Seen<'_, End, Flaw>| matches!(seen, Seen::End(seen) if *seen == end);
    let known = found.ends.get_mut(end).map(|seen| &mut seen.witness);
    take_shorter(race, known, is_it, limits)
}

fn take_shorter(
    race: &mut Race,
    known: Option<&mut Witness<Choice>>,
    is_it: impl Fn(&Seen<'_, End, Flaw>) -> bool,
    limits: &Limits<'_>,
) -> Result<(), RaceHalt> {
    let shorter = shortest(race, &Within(limits.budget), is_it)?;
    if let (Some(shorter), Some(known)) = (shorter, known)
        && shorter.size() < known.size()
    {
        *known = shorter;
    }
    Ok(())
}

/// The smallest sizes of a race at which a flaw of this kind is found, with the shortest way to it there; nothing where the race has no
/// sizes, or none that is smaller.
///
/// # Errors
/// [`RaceHalt`].
pub fn smallest(
    scenario: &ScenarioFile,
    revision: RevisionName,
    options: RaceOptions,
    flaw: &Flaw,
    limits: &Limits<'_>,
) -> Result<Option<(ScenarioFile, Witness<Choice>)>, RaceHalt> {
    let sizes = scenario.sizes();
    let most = (sizes.vfs.unwrap_or(1), sizes.requests.unwrap_or(1));
    let mut smaller: Vec<(u16, u32)> = (1..=most.0)
        .flat_map(|vfs| (1..=most.1).map(move |requests| (vfs, requests)))
        .filter(|&size| size != most)
        .collect();
    smaller.sort_by_key(|&(vfs, requests)| u32::from(vfs) * requests);
    for (vfs, requests) in smaller {
        let sized = scenario.clone().sized(Sizes {
            vfs: sizes.vfs.map(|_| vfs),
            requests: sizes.requests.map(|_| requests),
        });
        let mut race = Race::begin(&sized, revision, options)?;
        let is_it = |seen: &Seen<'_, End, Flaw>| matches!(seen, Seen::Flaw(seen) if *seen == flaw);
        if let Some(witness) = shortest(&mut race, &Within(limits.budget), is_it)? {
            return Ok(Some((sized, witness)));
        }
        if !(limits.budget)(&Spent::default()) {
            break;
        }
    }
    Ok(None)
}
