//! A case before and after: what came, what went, what is other.

use crate::review::mark::{Mark, MarkKind};
use crate::review::shown::{Shown, ShownStep};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A difference of times is chance up to this, in ms, and this part of the shorter one.
const CHANCE_MS: u64 = 1_000;
const CHANCE_PART: u64 = 5;

/// What became of a case, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Linux cannot run it here.
    Skipped,
    /// Nothing is other than before.
    Same,
    /// What was wrong is no longer, and nothing new is.
    Mended,
    /// Something is other, and it is neither better nor worse by itself.
    Changed,
    /// It is not the same each time.
    Unstable,
    /// Something is wrong that was not.
    Broken,
}

/// A number of both runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `fw_pages_vfs`, `ledger.vf1`, `returns`.
    pub name: String,
    /// Before; none where it was not shown.
    pub before: Option<i64>,
    /// After.
    pub after: Option<i64>,
}

/// A step in which something is other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepChange {
    /// From 1.
    pub step: u32,
    /// In words.
    pub what: String,
    /// What is other.
    pub rows: Vec<Row>,
}

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What became of the case.
    pub verdict: Verdict,
    /// Marks that are gone, the worst first.
    pub went: Vec<Mark>,
    /// Marks that are new or worse.
    pub came: Vec<Mark>,
    /// Steps that are other.
    pub steps: Vec<StepChange>,
    /// What is printed that was not, as often as it is more.
    pub new_warnings: Vec<String>,
    /// What was printed and is no longer.
    pub gone_warnings: Vec<String>,
    /// What a step could not do, before or after but not both.
    pub undone: Vec<String>,
    /// Whether one of the runs came further than the other.
    pub is_cut: bool,
}

impl Comparison {
    /// Holds two runs against each other.
    #[must_use]
    pub fn of(before: &Shown, after: &Shown) -> Self {
        let (mut went, mut came) = marks(before, after);
        for (one, other) in pairs(before, after) {
            if let Some(mark) = stalls(one, other) {
                went.push(mark);
            }
            if let Some(mark) = stalls(other, one) {
                came.push(mark);
            }
        }
        went.extend(no_longer_shown(after, before));
        came.extend(no_longer_shown(before, after));
        let steps = step_changes(before, after);
        let new_warnings = more(&before.printed, &after.printed);
        let gone_warnings = more(&after.printed, &before.printed);
        let mut undone = more(&before.undone, &after.undone);
        undone.extend(more(&after.undone, &before.undone));
        let mut compared = Self {
            verdict: Verdict::Skipped,
            went,
            came,
            steps,
            new_warnings,
            gone_warnings,
            undone,
            is_cut: before.steps.len() != after.steps.len(),
        };
        if before.skipped.is_none() && after.skipped.is_none() {
            compared.verdict = verdict(&compared.went, &compared.came, compared.is_other());
        }
        compared
    }

    /// What is left of it once both sides have run again: `again` is their comparison. A time that is not other each time was
    /// chance; anything else that is not makes the case unstable.
    #[must_use]
    pub fn confirmed_by(mut self, again: &Self) -> Self {
        let is_confirmed = |marks: &[Mark]| {
            let marks: BTreeSet<(MarkKind, String)> = marks
                .iter()
                .map(|mark| (mark.kind, mark.subject.clone()))
                .collect();
            move |mark: &Mark| marks.contains(&(mark.kind, mark.subject.clone()))
        };
        let (went, came) = (is_confirmed(&again.went), is_confirmed(&again.came));
        let is_chance = |mark: &Mark| mark.kind == MarkKind::Stalls;
        self.went.retain(|mark| !is_chance(mark) || went(mark));
        self.came.retain(|mark| !is_chance(mark) || came(mark));
        let holds =
            self.went.iter().all(went) && self.came.iter().all(came) && self.is_other() == again.is_other();
        self.verdict = if holds {
            verdict(&self.went, &self.came, self.is_other())
        } else {
            Verdict::Unstable
        };
        self
    }

    /// Whether anything but marks is other.
    fn is_other(&self) -> bool {
        let lists = [&self.new_warnings, &self.gone_warnings, &self.undone];
        !self.steps.is_empty() || lists.into_iter().any(|list| !list.is_empty()) || self.is_cut
    }
}

/// What marks that went and came make of a case. What is only slower or refused may be the price of what was mended.
fn verdict(went: &[Mark], came: &[Mark], is_other: bool) -> Verdict {
    let has_hard = |marks: &[Mark]| marks.iter().any(|mark| mark.kind.is_hard());
    match (went.is_empty(), came.is_empty()) {
        (true, true) if is_other => Verdict::Changed,
        (true, true) => Verdict::Same,
        (false, true) => Verdict::Mended,
        (true, false) => Verdict::Broken,
        (false, false) if has_hard(went) && !has_hard(came) => Verdict::Changed,
        (false, false) if !has_hard(came) && !has_hard(went) => Verdict::Changed,
        (false, false) => Verdict::Broken,
    }
}

/// Marks that are gone or only pass now, and marks that are new or weigh more.
fn marks(before: &Shown, after: &Shown) -> (Vec<Mark>, Vec<Mark>) {
    let by_subject = |shown: &Shown| -> BTreeMap<(MarkKind, String), Mark> {
        let marks = shown.marks.iter();
        marks
            .map(|mark| ((mark.kind, mark.subject.clone()), mark.clone()))
            .collect()
    };
    let (old, new) = (by_subject(before), by_subject(after));
    let gone = |(key, mark): (&(MarkKind, String), &Mark)| {
        let left = new.get(key).map_or(0, |mark| mark.weight);
        // What is less and still there is no mending.
        (left == 0 || left == 1 && mark.weight > 1).then(|| mark.clone())
    };
    let went = old.iter().filter_map(gone).collect();
    let worse = |(key, mark): (&(MarkKind, String), &Mark)| {
        let was = old.get(key).map_or(0, |mark| mark.weight);
        (mark.weight > was).then(|| mark.clone())
    };
    (went, new.iter().filter_map(worse).collect())
}

fn pairs<'a>(before: &'a Shown, after: &'a Shown) -> impl Iterator<Item = (&'a ShownStep, &'a ShownStep)> {
    before.steps.iter().zip(&after.steps)
}

/// The mark of an operation that takes longer in `one` than in `other`, by more than chance.
fn stalls(one: &ShownStep, other: &ShownStep) -> Option<Mark> {
    let words = if one.runs_on && !other.runs_on {
        Some(format!("an operation still runs after {}", one.what))
    } else {
        let tenths = |ms: u64| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100);
        let (longer, shorter) = (one.took_ms.unwrap_or(0), other.took_ms.unwrap_or(u64::MAX));
        let is_longer = longer > shorter.saturating_add(CHANCE_MS + shorter / CHANCE_PART);
        is_longer.then(|| format!("{} takes {}, not {}", one.what, tenths(longer), tenths(shorter)))
    };
    words.map(|words| Mark {
        kind: MarkKind::Stalls,
        subject: format!("step {}", one.number),
        step: Some(one.number),
        weight: 1,
        words,
    })
}

/// Counters that are shown after a step in `one` and not in `other`, though both have come so far with the same result.
fn no_longer_shown(one: &Shown, other: &Shown) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (step, counterpart) in pairs(one, other).filter(|(one, other)| one.returns == other.returns) {
        let is_counter = |name: &&String| name.starts_with("fw_pages_");
        for name in step.books.keys().filter(is_counter) {
            let known = marks.iter().any(|mark| mark.subject == *name);
            if !known && !counterpart.books.contains_key(name) {
                marks.push(Mark {
                    kind: MarkKind::NotShown,
                    subject: name.clone(),
                    step: Some(step.number),
                    weight: 1,
                    words: format!("{name} is not shown"),
                });
            }
        }
    }
    marks
}

fn step_changes(before: &Shown, after: &Shown) -> Vec<StepChange> {
    let changes = pairs(before, after).map(|(one, other)| {
        let names: BTreeSet<&String> = one.books.keys().chain(other.books.keys()).collect();
        let value = |step: &ShownStep, name: &str| {
            let value = step.books.get(name).copied();
            // A ledger's row that is not there is 0.
            value.or_else(|| name.starts_with("ledger.").then_some(0))
        };
        let mut rows: Vec<Row> = names
            .into_iter()
            .map(|name| Row {
                name: name.clone(),
                before: value(one, name),
                after: value(other, name),
            })
            .collect();
        rows.push(Row {
            name: "returns".to_owned(),
            before: one.returns.map(i64::from),
            after: other.returns.map(i64::from),
        });
        rows.retain(|row| row.before != row.after);
        StepChange {
            step: one.number,
            what: one.what.clone(),
            rows,
        }
    });
    changes.filter(|change| !change.rows.is_empty()).collect()
}

/// What `one` has less often than `other`.
fn more(one: &[String], other: &[String]) -> Vec<String> {
    let count = |list: &[String], word: &String| list.iter().filter(|other| *other == word).count();
    let words: BTreeSet<&String> = other.iter().collect();
    let mut more = Vec::new();
    for word in words {
        let times = count(other, word).saturating_sub(count(one, word));
        match times {
            0 => {}
            1 => more.push(word.clone()),
            times => more.push(format!("{word} ({times} times)")),
        }
    }
    more
}

#[cfg(test)]
mod tests;
