//! All that is known of one run: its steps, both books, lanes, messages, and what else a table can show.

use super::curves::{self, OwnerCurve, StepCurve, TimeCurve};
use super::lanes::Lanes;
use super::turn::Turn;
use super::words::{Word, Words};
use crate::record::result::{Mismatch, Place, RunResult, Snapshot, Violation};
use crate::report::books::readable;
use crate::report::case::{Finished, seconds};
use crate::report::drawing::drawing;
use crate::scenario::InvariantName;
use emulator::config::DeviceKind;
use serde::Serialize;

/// See the module's head.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Details {
    /// What there is to say, by headings.
    facts: Vec<(Word, Word)>,
    steps: Steps,
    books: Vec<StepCurve>,
    owners: Vec<OwnerCurve>,
    times: Vec<TimeCurve>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lanes: Option<Lanes>,
    /// What a unit of the lanes' time is.
    unit: Unit,
    /// The end of the lanes' time.
    ended: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    parting: Option<Parted>,
    messages: Vec<Message>,
    tables: Vec<Table>,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    #[default]
    Nanoseconds,
    Turns,
}

/// The steps, in columns.
#[derive(Clone, Debug, Default, Serialize)]
struct Steps {
    number: Vec<u32>,
    what: Vec<Word>,
    /// When each had ended, since the beginning of the run.
    at: Vec<u64>,
    returns: Vec<Option<i32>>,
    took: Vec<Option<u64>>,
}

/// Where the books parted first.
#[derive(Clone, Debug, Serialize)]
struct Parted {
    step: u32,
    subject: Word,
    driver: i64,
    firmware: i64,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum MessageKind {
    /// An expectation that did not hold.
    Mismatch,
    /// An invariant that broke, and nobody expected it to.
    Broken,
    /// An invariant that broke, as the file expects.
    Expected,
    /// What a driver has printed.
    Warning,
    /// What is worth knowing.
    Note,
}

#[derive(Clone, Debug, Serialize)]
struct Message {
    /// From 1; `null` for the end.
    step: Option<u32>,
    kind: MessageKind,
    text: Word,
}

/// A table of texts.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    title: Word,
    head: Vec<Word>,
    rows: Vec<Vec<Word>>,
}

impl Table {
    /// A table with a title, a head and rows as long as it.
    pub fn new<const N: usize>(
        title: &str,
        head: [&str; N],
        rows: Vec<[String; N]>,
        words: &mut Words,
    ) -> Self {
        Self {
            title: words.number(title),
            head: head.into_iter().map(|word| words.number(word)).collect(),
            rows: rows.iter().map(|row| words.numbers(row)).collect(),
        }
    }
}

/// A step that was done, or a turn of those who race.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// From 1.
    pub number: u32,
    /// In words.
    pub what: String,
    /// Result of its operation.
    pub returns: Option<i32>,
    /// How long that took, in ns.
    pub took_ns: Option<u64>,
    /// Both books after it, and when that was.
    pub after: Snapshot,
}

impl Details {
    /// Steps with both books after each. `kind` says which functions are whose; without it no books can be compared.
    pub fn of_steps(steps: &[Done], kind: Option<DeviceKind>, words: &mut Words) -> Self {
        let mut details = Self::default();
        for step in steps {
            details.steps.number.push(step.number);
            details.steps.what.push(words.number(&step.what));
            details.steps.at.push(step.after.virtual_ns);
            details.steps.returns.push(step.returns);
            details.steps.took.push(step.took_ns);
        }
        let books: Vec<Snapshot> = steps.iter().map(|step| step.after.clone()).collect();
        if let Some(kind) = kind {
            details.books = curves::by_step(&books, kind, words);
        }
        details.owners = curves::owners(&books, words);
        details.ended = details.steps.at.last().copied().unwrap_or(0);
        details
    }

    /// All that is known of a run.
    pub fn of_run(finished: Finished<'_>, words: &mut Words) -> Self {
        let result = finished.result;
        let kind = finished.scenario.map(|scenario| scenario.device.kind);
        let steps: Vec<Done> = result
            .steps
            .iter()
            .map(|step| Done {
                number: step.number,
                what: step.what.clone(),
                returns: step.returns,
                took_ns: step.took_ns,
                after: step.after.clone(),
            })
            .collect();
        let mut details = Self::of_steps(&steps, kind, words);
        if let Some(timeline) = &result.timeline {
            let ended = timeline.ended.saturating_sub(timeline.began).0;
            details.ended = details.ended.max(ended);
            details.lanes = Some(Lanes::of(&drawing(result, timeline), words));
            if let Some(kind) = kind {
                details.times = curves::over_time(timeline, kind, words);
            }
        }
        let broken = result.violations.iter();
        let broken = broken.filter(|violation| violation.invariant == InvariantName::CounterMatchesLedger);
        for violation in broken {
            if let Some(subject) = &violation.subject {
                details.breaks(subject, violation.step, words);
            }
        }
        details.parting = result.parting.as_ref().map(|parting| Parted {
            step: parting.step,
            subject: words.number(&parting.function),
            driver: parting.driver,
            firmware: parting.firmware,
        });
        details.add_messages(result, words);
        details.add_tables(result, words);
        details.fact("Reason", result.reason.as_deref(), words);
        details.fact(
            "Hash of everything that happened",
            Some(&result.trace_hash),
            words,
        );
        let slowest = result.longest_stall.as_ref();
        let slowest = slowest.map(|(what, time)| format!("{what}, {}", seconds(*time)));
        details.fact("Slowest", slowest.as_deref(), words);
        details
    }

    /// Turns of a race with both books after each, and a lane for everybody who takes part.
    pub fn of_turns(turns: &[Turn], books: &[Snapshot], kind: DeviceKind, words: &mut Words) -> Self {
        let steps: Vec<Done> = (1..)
            .zip(turns)
            .zip(books)
            .map(|((number, turn), book)| Done {
                number,
                what: turn.in_words(),
                after: Snapshot {
                    virtual_ns: u64::from(number),
                    ..book.clone()
                },
                ..Done::default()
            })
            .collect();
        let mut details = Self::of_steps(&steps, Some(kind), words);
        details.unit = Unit::Turns;
        details.lanes = Some(Lanes::of_turns(turns, words));
        for (number, turn) in (1..).zip(turns) {
            for wrong in &turn.wrong {
                details.say(Some(number), MessageKind::Broken, wrong, words);
            }
        }
        details
    }

    /// The invariant that holds both books against each other broke in this step, about a counter.
    pub fn breaks(&mut self, counter: &str, step: u32, words: &mut Words) {
        let counter = words.number(counter);
        let curves = self.books.iter_mut();
        curves.for_each(|curve| curve.breaks(counter, step));
    }

    /// Adds a sentence under a heading, where there is one.
    pub fn fact(&mut self, heading: &str, text: Option<&str>, words: &mut Words) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.facts.push((words.number(heading), words.number(text)));
        }
    }

    /// Adds a table, if it has rows.
    pub fn table(&mut self, table: Table) {
        if !table.rows.is_empty() {
            self.tables.push(table);
        }
    }

    /// Adds what is worth knowing about a step, or the end.
    pub fn note(&mut self, step: Option<u32>, text: &str, words: &mut Words) {
        self.say(step, MessageKind::Note, text, words);
    }

    /// Adds what a driver has printed, no matter when.
    pub fn warning(&mut self, text: &str, words: &mut Words) {
        self.say(None, MessageKind::Warning, text, words);
    }

    fn say(&mut self, step: Option<u32>, kind: MessageKind, text: &str, words: &mut Words) {
        let text = words.number(text);
        self.messages.push(Message { step, kind, text });
    }

    fn add_messages(&mut self, result: &RunResult, words: &mut Words) {
        for (mismatch, place) in result.located_mismatches() {
            let text = mismatch_line(result, mismatch, place);
            self.say(mismatch.step, MessageKind::Mismatch, &text, words);
        }
        for step in &result.steps {
            for violation in &step.violations {
                let Violation {
                    invariant, detail, ..
                } = violation;
                let expected = is_expected(result, violation);
                let kind = match expected {
                    true => MessageKind::Expected,
                    false => MessageKind::Broken,
                };
                self.say(Some(step.number), kind, &format!("{invariant}: {detail}"), words);
            }
            for warning in &step.warnings {
                self.say(Some(step.number), MessageKind::Warning, warning, words);
            }
        }
        for note in &result.notes {
            self.say(note.step, MessageKind::Note, &note.text, words);
        }
    }

    fn add_tables(&mut self, result: &RunResult, words: &mut Words) {
        if let Some(comparison) = &result.comparison {
            let number = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), readable);
            let title = format!("Both drivers after step {}: {}", comparison.step, comparison.what);
            let rows = comparison.rows.iter().map(|row| {
                let mark = if row.differs() { "differs" } else { "" };
                [
                    row.name.clone(),
                    number(row.linux),
                    number(row.ours),
                    mark.to_owned(),
                ]
            });
            let head = ["number", "Linux", "our driver", ""];
            self.table(Table::new(&title, head, rows.collect(), words));
        }
        if let Some(measured) = &result.measured {
            let rows = measured.durations.iter().map(|duration| {
                let mark = if duration.within { "" } else { "differs" };
                let [took, ours] = [duration.took_ns, duration.ours_ns].map(seconds);
                [
                    format!("step {}: {}", duration.step, duration.what),
                    took,
                    ours,
                    mark.to_owned(),
                ]
            });
            let head = ["operation", "took", "our driver", ""];
            self.table(Table::new("Times", head, rows.collect(), words));
        }
        if let Some(difference) = &result.snapshot_difference {
            let rows = difference.lines().map(|line| [line.to_owned()]).collect();
            self.table(Table::new(
                "The snapshot differs",
                ["number by number"],
                rows,
                words,
            ));
        }
    }
}

/// Whether the file expects it: the list of the whole run knows, into which each was copied as its step ended.
fn is_expected(result: &RunResult, violation: &Violation) -> bool {
    let same = |other: &&Violation| {
        other.invariant == violation.invariant
            && other.step == violation.step
            && other.subject == violation.subject
    };
    result
        .violations
        .iter()
        .find(same)
        .is_some_and(|known| known.expected)
}

fn mismatch_line(result: &RunResult, mismatch: &Mismatch, place: Option<&Place>) -> String {
    match place {
        Some(Place { line, column }) => format!("{}:{line}:{column}: {mismatch}", result.file),
        None => mismatch.to_string(),
    }
}
