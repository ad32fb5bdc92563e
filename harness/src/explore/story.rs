//! A way through a race as a short numbered story: who, by what function, to what effect.
//!
//! Steps that one actor takes in a row are one line, so that a line begins where somebody else comes in.

use super::choice::{Actor, Choice};
use super::end::End;
use super::flaw::Flaw;
use super::halt::RaceHalt;
use super::race::Race;
use super::words::{about, is_by_the_way, kernel_function};
use crate::record::trace_hash::TraceHash;
use search::System;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Whose turn it is: a task's name, a line of the race, the device.
    pub actor: String,
    /// The kernel's function, or what firmware does.
    pub does: String,
    /// What the steps are about, in order.
    pub about: Vec<String>,
    /// What has changed in both books by the end of it.
    pub changed: Vec<String>,
    /// What has gone wrong in it.
    pub wrong: Vec<String>,
    /// Both books by the end of it. For whoever draws them; no part of what is kept.
    #[serde(skip)]
    pub books: End,
}

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The turns, in order.
    pub turns: Vec<Turn>,
    /// The names of all choices.
    pub names: Vec<String>,
    /// What it has come to.
    pub end: End,
    /// All that went wrong, on the way or at the end, with what was seen.
    pub flaws: Vec<(Flaw, String)>,
    /// A hash over the names of all choices and both books after each.
    pub hash: String,
}

/// How far a story goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Till {
    /// To the end of the way that is given, and from there to where nothing happens any more in whatever order.
    TheEnd,
    /// To the last choice.
    TheLastChoice,
}

/// More choices than anybody follows to an end.
const MOST_CHOICES: usize = 100_000;

/// Goes a way from the beginning of a race, and tells it. `next` says what is chosen, from what could be; nothing ends the way.
///
/// # Errors
/// [`RaceHalt`].
pub fn tell(
    race: &mut Race,
    till: Till,
    mut next: impl FnMut(&[Choice]) -> Option<usize>,
) -> Result<Story, RaceHalt> {
    let mut story = Story {
        turns: Vec::new(),
        names: Vec::new(),
        end: End::default(),
        flaws: Vec::new(),
        hash: String::new(),
    };
    let mut hash = TraceHash::default();
    let mut last: Option<Actor> = None;
    let mut before = race.books();
    for _ in 0..MOST_CHOICES {
        let offered: Vec<Choice> = race
            .candidates()
            .iter()
            .map(|candidate| candidate.choice)
            .collect();
        let Some(place) = next(&offered).filter(|&place| place < offered.len()) else {
            break;
        };
        let choice = offered[place];
        let taken = race.take(choice)?;
        let after = race.books();
        let name = race.words(&choice);
        hash.add(&name);
        hash.add(&after);
        if last != Some(choice.actor()) {
            story.turns.push(turn_of(race, &choice));
            last = Some(choice.actor());
        }
        // PANIC: the first choice has begun a turn, since nobody came before it.
        let turn = story.turns.last_mut().expect("a turn was begun");
        if let Some(what) = about(&choice)
            && !is_by_the_way(&choice)
            && turn.about.last() != Some(&what)
        {
            turn.about.push(what);
        }
        turn.changed.extend(changes(&before, &after));
        turn.books = after.clone();
        for flaw in taken.flaws {
            let detail = race.detail_of(&flaw);
            turn.wrong.push(detail.clone());
            story.flaws.push((flaw, detail));
        }
        story.names.push(name);
        before = after;
    }
    if till == Till::TheEnd && race.candidates().is_empty() {
        let ended = race.end()?;
        for flaw in ended.flaws {
            let detail = race.detail_of(&flaw);
            story.flaws.push((flaw, detail));
        }
        story.end = ended.end;
    } else {
        story.end = before;
    }
    hash.add(&story.end);
    story.hash = hash.finish();
    Ok(story)
}

/// The way of these choices.
///
/// # Errors
/// [`RaceHalt`].
pub fn of_choices(race: &mut Race, choices: &[Choice]) -> Result<Story, RaceHalt> {
    let mut left = choices.iter();
    tell(race, Till::TheEnd, |offered| {
        let wanted = left.next()?;
        offered.iter().position(|choice| choice == wanted)
    })
}

fn turn_of(race: &Race, choice: &Choice) -> Turn {
    let (actor, does) = match choice.actor() {
        Actor::Task(task) => (task.to_string(), kernel_function(task)),
        Actor::Interrupt(function, _) => (format!("{function} interrupt"), "mlx5_eq_async_int".to_owned()),
        Actor::Device(act) => ("firmware".to_owned(), act.to_string()),
        Actor::Line(_) => ("firmware".to_owned(), race.words(choice)),
        Actor::Time | Actor::EarlyTime(_) => ("time".to_owned(), choice.to_string()),
    };
    Turn {
        actor,
        does,
        about: Vec::new(),
        changed: Vec::new(),
        wrong: Vec::new(),
        books: End::default(),
    }
}

/// What is not the same in two books.
fn changes(before: &End, after: &End) -> Vec<String> {
    let mut changed = Vec::new();
    differ(&before.counters, &after.counters, "", &mut changed);
    differ(&before.ledger, &after.ledger, "firmware books ", &mut changed);
    changed
}

fn differ<V: Copy + Default + PartialEq + std::fmt::Display>(
    before: &BTreeMap<String, V>,
    after: &BTreeMap<String, V>,
    whose: &str,
    changed: &mut Vec<String>,
) {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let value = |book: &BTreeMap<String, V>| book.get(name).copied().unwrap_or_default();
        let (old, new) = (value(before), value(after));
        if old != new {
            changed.push(format!("{whose}{name} {old} -> {new}"));
        }
    }
}
