//! What a run on Linux shows that a driver without fault would not: the same whatever a scenario's file expects.
//!
//! A file lists what Linux 7.2 is known to do wrong, so that a patch that mends it fails the file. A mark is what is wrong
//! by itself: a counter that is not firmware's number, a `WARN`, a crash, an operation that fails or does not end.

use crate::record::aspect::{Aspect, Deed};
use crate::record::result::{DIED, RunResult, StepRecord, Violation};
use crate::report::books::{readable, short_name, side_by_side};
use crate::scenario::{ScenarioFile, Sign};
use crate::stage::heard::kind;
use driver::{MessageKind, MessageLevel};
use prm::saturated;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The counter of all pages.
const TOTAL: &str = "fw_pages_total";

/// Kinds of marks, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// The kernel crashed.
    Died,
    /// The kernel complains about itself: a lock cycle, a hung task, a sanitizer's report.
    Complaint,
    /// An operation does not end.
    Hangs,
    /// Firmware owns pages, and no driver is bound.
    LeftBehind,
    /// A counter went below zero.
    BelowZero,
    /// A counter is not what firmware books.
    Drift,
    /// A `WARN` of the driver's.
    Warn,
    /// Another invariant broke.
    Invariant,
    /// A counter is no longer shown.
    NotShown,
    /// An operation returns an error.
    Fails,
    /// An operation takes longer.
    Stalls,
}

impl MarkKind {
    /// Whether it is wrong for itself. That an operation fails or takes its time may be the price of what is right.
    #[must_use]
    pub const fn is_hard(self) -> bool {
        !matches!(self, Self::Fails | Self::Stalls)
    }
}

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What kind.
    pub kind: MarkKind,
    /// Whom it concerns: a counter, a message, a step.
    pub subject: String,
    /// The step where it began, from 1, where one is known.
    pub step: Option<u32>,
    /// How bad it is among those of its kind and subject: a drift that lasts counts for more than one that passes.
    pub weight: u64,
    /// The whole in a few words.
    pub words: String,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "step {step}: {}", self.words),
            None => f.write_str(&self.words),
        }
    }
}

/// The marks of a run, the worst first.
#[must_use]
pub fn marks(scenario: &ScenarioFile, result: &RunResult) -> Vec<Mark> {
    let mut marks = Marks::default();
    let lasting = lasting(scenario, result);
    marks.extend(total(scenario, result, &lasting));
    for violation in &result.violations {
        marks.add(of_violation(violation, &lasting));
    }
    for warning in &result.warnings {
        marks.extend(of_warning(warning));
    }
    for mismatch in &result.mismatches {
        let mark = |kind, subject: String, words: String| Mark {
            kind,
            subject,
            step: mismatch.step,
            weight: 1,
            words,
        };
        let step = mismatch.step.unwrap_or(0);
        match &mismatch.what {
            Aspect::Deed(Deed::Operation) => {
                let words = format!("{} does not end: {}", what(result, step), mismatch.actual);
                marks.add(mark(MarkKind::Hangs, format!("step {step}"), words));
            }
            Aspect::Deed(Deed::Quiesce) => {
                let words = format!("no rest: {}", mismatch.actual);
                marks.add(mark(MarkKind::Hangs, format!("step {step}"), words));
            }
            Aspect::KernelHealth => {
                let words = mismatch.actual.clone();
                marks.add(mark(MarkKind::Complaint, without_numbers(&words), words));
            }
            Aspect::KernelLog if mismatch.actual.contains("WARNING: ") => {
                let words = format!("WARN {}", mismatch.actual.trim_matches('`'));
                marks.add(mark(MarkKind::Warn, without_numbers(&words), words));
            }
            _ => {}
        }
    }
    for step in &result.steps {
        if let Some(errno) = step.returns.filter(|returns| *returns < 0) {
            marks.add(Mark {
                kind: MarkKind::Fails,
                subject: format!("step {}", step.number),
                step: Some(step.number),
                weight: 1,
                words: format!("{} returns {errno}", step.what),
            });
        }
    }
    marks.extend(left_behind(result));
    marks.finish()
}

/// Counters that are not what firmware books when they are shown last, with both numbers.
fn lasting(scenario: &ScenarioFile, result: &RunResult) -> BTreeMap<&'static str, (i64, i64)> {
    let is_shown = |step: &&StepRecord| step.after.counters.values().any(Option::is_some);
    let last = result.steps.iter().rfind(is_shown);
    let entries = last.map(|last| side_by_side(&last.after, scenario.device.kind));
    let drifting = entries.into_iter().flatten().filter(|entry| entry.drift() != 0);
    drifting
        .map(|entry| (entry.counter, (entry.driver.unwrap_or(0), entry.firmware)))
        .collect()
}

/// The first step where the sum of all pages is not what firmware books: no invariant is about it.
fn total(scenario: &ScenarioFile, result: &RunResult, lasting: &BTreeMap<&str, (i64, i64)>) -> Option<Mark> {
    let drifting = result.steps.iter().find_map(|step| {
        let mut entries = side_by_side(&step.after, scenario.device.kind).into_iter();
        let entry = entries.find(|entry| entry.counter == TOTAL)?;
        let drifts = entry.driver.is_some() && entry.drift() != 0;
        drifts.then(|| (step.number, entry.driver.unwrap_or(0), entry.firmware))
    });
    let (step, driver, firmware) = drifting?;
    Some(drift(TOTAL, Some(step), (driver, firmware), lasting))
}

/// The mark of a counter that is not what firmware books: numbers where it began, and at the end where it is so still.
fn drift(counter: &str, step: Option<u32>, began: (i64, i64), lasting: &BTreeMap<&str, (i64, i64)>) -> Mark {
    let short = short_name(counter);
    let (weight, words) = match lasting.get(counter) {
        Some((driver, firmware)) => (
            1 + driver.abs_diff(*firmware),
            format!("{short} ends at {driver} of {firmware}"),
        ),
        None => (1, format!("{short} {} of {}, for a while", began.0, began.1)),
    };
    Mark {
        kind: MarkKind::Drift,
        subject: counter.to_owned(),
        step,
        weight,
        words,
    }
}

/// The marks of a run by what they are about; of the same the worst is kept, from where it began.
#[derive(Default)]
struct Marks(BTreeMap<(MarkKind, String), Mark>);

impl Marks {
    fn add(&mut self, mark: Mark) {
        let key = (mark.kind, mark.subject.clone());
        let known = self.0.get(&key);
        if known.is_none_or(|known| known.weight < mark.weight) {
            let step = known.map_or(mark.step, |known| known.step);
            self.0.insert(key, Mark { step, ..mark });
        }
    }

    fn extend(&mut self, marks: impl IntoIterator<Item = Mark>) {
        marks.into_iter().for_each(|mark| self.add(mark));
    }

    fn finish(self) -> Vec<Mark> {
        self.0.into_values().collect()
    }
}

fn what(result: &RunResult, step: u32) -> &str {
    let record = result.steps.iter().find(|record| record.number == step);
    record.map_or("the operation", |record| record.what.as_str())
}

fn of_violation(violation: &Violation, lasting: &BTreeMap<&str, (i64, i64)>) -> Mark {
    let subject = violation.subject.clone().unwrap_or_default();
    let (driver, firmware) = (violation.driver.unwrap_or(0), violation.firmware.unwrap_or(0));
    let (kind, subject, words) = match violation.invariant.sign() {
        Sign::Drift => return drift(&subject, Some(violation.step), (driver, firmware), lasting),
        Sign::Underflow => {
            let words = format!("{subject} {}", readable(driver));
            (MarkKind::BelowZero, subject, words)
        }
        Sign::Corruption(_) | Sign::Stall(_) | Sign::Leak | Sign::EarlyEnd => {
            let subject = format!("{} {subject}", violation.invariant);
            (MarkKind::Invariant, subject, violation.detail.clone())
        }
    };
    Mark {
        kind,
        subject,
        step: Some(violation.step),
        weight: 1,
        words,
    }
}

/// A message that is a `WARN`, or the kernel's last words.
fn of_warning(warning: &str) -> Option<Mark> {
    if let Some(how) = warning.strip_prefix(DIED) {
        return Some(Mark {
            kind: MarkKind::Died,
            subject: String::new(),
            step: None,
            weight: 1,
            words: format!("the kernel died: {how}"),
        });
    }
    let message: Value = serde_json::from_str(warning).ok()?;
    let kind = kind(&message)?;
    let row = MessageKind::ROWS.iter().find(|row| row.kind == kind)?;
    (row.level == MessageLevel::Warn).then(|| Mark {
        kind: MarkKind::Warn,
        subject: kind.to_owned(),
        step: None,
        weight: 1,
        words: format!("WARN {}", in_words(&message)),
    })
}

/// A message as people read it: `pages_left counter=VFs, pages=300`.
#[must_use]
pub fn in_words(message: &Value) -> String {
    let name = kind(message).unwrap_or_default();
    let data = message
        .as_object()
        .and_then(|object| object.values().next()?.as_object());
    let data = data.into_iter().flatten().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}={value}")
    });
    let data: Vec<String> = data.collect();
    match data.is_empty() {
        true => name.to_owned(),
        false => format!("{name} {}", data.join(", ")),
    }
}

/// Pages that firmware keeps with no driver bound, after a run in which one was: counters outlast their driver, and tell nothing of it.
fn left_behind(result: &RunResult) -> Option<Mark> {
    let last = result.steps.last()?;
    let pages = result.measured.as_ref()?.left_with_firmware;
    let was_bound = result
        .steps
        .iter()
        .any(|step| step.after.counters.values().any(Option::is_some));
    if !was_bound || pages == 0 {
        return None;
    }
    let owners = last.after.ledger.iter().filter(|(_, pages)| **pages > 0);
    let owners: Vec<String> = owners.map(|(owner, pages)| format!("{owner} {pages}")).collect();
    Some(Mark {
        kind: MarkKind::LeftBehind,
        subject: String::new(),
        step: Some(last.number),
        weight: saturated(pages),
        words: format!(
            "firmware owns pages and no driver is bound: {}",
            owners.join(", ")
        ),
    })
}

/// A line without what differs from run to run: numbers and addresses.
#[must_use]
pub fn without_numbers(line: &str) -> String {
    let mut text = String::new();
    let mut in_number = false;
    let mut before = ' ';
    for letter in line.chars() {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let continues = in_number && (letter.is_ascii_hexdigit() || letter == 'x');
        let begins = letter.is_ascii_digit() && !is_word(before);
        if continues || begins {
            if !in_number {
                text.push('N');
            }
            in_number = true;
        } else {
            in_number = false;
            text.push(letter);
        }
        before = letter;
    }
    text
}

#[cfg(test)]
mod tests;
