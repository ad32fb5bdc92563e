//! What `explore` says of a race under one revision, as plain data: for people, for machines, for `merge`.

use super::end::End;
use super::story::Turn;
use crate::record::trace_hash::TraceHash;
use crate::scenario::Sizes;
use driver::RevisionName;
use serde::{Deserialize, Serialize};

/// How a survey came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every way was gone, and nothing goes wrong.
    None,
    /// Something goes wrong.
    Violated,
    /// Nothing has gone wrong so far, and the budget is used up; or ways were drawn, which proves nothing.
    NotProved,
}

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The race's name.
    pub race: String,
    /// Its file.
    pub file: String,
    /// The revision.
    pub revision: RevisionName,
    /// How it came out.
    pub outcome: Outcome,
    /// Whether every way was gone.
    pub exhausted: bool,
    /// What bounds it: sizes, detail, strategy, in words.
    pub bounds: String,
    /// The part of all ways, as `1/4`; nothing: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Different states from which more than one way went on, or none.
    pub states: u64,
    /// Choices that were made.
    pub transitions: u64,
    /// Bytes of what was remembered of states.
    pub bytes: u64,
    /// The longest way, in choices.
    pub depth: u64,
    /// Ways that were drawn.
    pub walks: u64,
    /// Seconds of wall time. It is no part of what is compared.
    pub seconds: f64,
    /// How likely it is that two states were taken for one.
    pub collision_bound: f64,
    /// What goes wrong, each by the shortest way.
    pub flaws: Vec<FlawAccount>,
    /// All that the race can come to.
    pub ends: Vec<EndAccount>,
    /// A hash over the fingerprints of all states.
    pub states_hash: String,
    /// The fingerprints of all states, in hexadecimal, sorted, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprints: Vec<String>,
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlawAccount {
    /// What, by name.
    pub flaw: String,
    /// In words, with numbers.
    pub detail: String,
    /// Whether the file expects it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expected: bool,
    /// In how many transitions and ends it was seen.
    pub times: u64,
    /// The smallest sizes at which it was found, where those of the search were larger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Sizes>,
    /// How often somebody who could have gone on is left for another one.
    pub preemptions: u32,
    /// The choices that lead to it, by name.
    pub choices: Vec<String>,
    /// The same as a story.
    pub story: Vec<Turn>,
    /// Where it can be repeated from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
}

/// Something that the race can come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndAccount {
    /// The books.
    pub books: End,
    /// In how many different states ways end so.
    pub states: u64,
    /// The choices of a short way to it, by name.
    pub choices: Vec<String>,
    /// The same in turns: who, in order.
    pub turns: Vec<String>,
}

/// How likely it is that two of so many states share a fingerprint of 64 bits.
#[must_use]
pub fn collision_bound(states: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a bound needs no more digits")]
    let states = states as f64;
    states * states / 2_f64.powi(65)
}

/// A hash over the fingerprints of all states, in their order.
#[must_use]
pub fn states_hash(states: impl IntoIterator<Item = u64>) -> String {
    let mut hash = TraceHash::default();
    states.into_iter().for_each(|state| hash.add(&state));
    hash.finish()
}

impl Account {
    /// The same with the outcome that follows from what was found.
    #[must_use]
    pub fn concluded(mut self) -> Self {
        let goes_wrong = self.flaws.iter().any(|flaw| !flaw.expected);
        self.outcome = match (goes_wrong, self.exhausted) {
            (true, _) => Outcome::Violated,
            (false, true) => Outcome::None,
            (false, false) => Outcome::NotProved,
        };
        self
    }
}
