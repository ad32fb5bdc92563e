//! Runs for people: one line each, and the details where something failed or somebody asked.

use crate::record::result::{Mismatch, Outcome, Place, RunResult, Violation};
use crate::report::books::{Entry, readable};
use crate::report::case::{Finished, seconds};
use crate::report::columns::{Columns, wrapped};
use crate::report::findings::{self, Findings};
use crate::report::palette::{Palette, Tone};
use crate::report::stream::{Plan, Readers, Report};
use crate::report::summary::Summary;
use crate::text::printable::{lines, one_line};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes lines of one width about all runs of a selection.
#[derive(Clone, Copy, Debug)]
pub struct HumanReport {
    style: Style,
    /// Width of the longest scenario name.
    name_width: usize,
}

/// How people want it.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Colours.
    pub palette: Palette,
    /// How much is told.
    pub detail: Detail,
    /// Letters that a line has room for, where that is known.
    pub room: Option<usize>,
    /// What comes after the last case.
    pub close: Close,
}

/// How much is told to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What is not as expected, and the totals in one line.
    Failures,
    /// A line for each case, and details of what is not as expected.
    Lines,
    /// The details of every case.
    Everything,
}

/// How a report for people ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// With tables of what was seen, and the totals.
    Totals,
    /// With its only case.
    Nothing,
}

impl Report for HumanReport {
    fn readers(&self) -> Readers {
        Readers::People
    }

    fn begin(&mut self, plan: &Plan, _: &mut dyn Write) -> io::Result<()> {
        let names = plan.cases.iter().map(|case| case.scenario.chars().count());
        self.name_width = names.max().unwrap_or(0);
        Ok(())
    }

    fn finished(&mut self, case: Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.style.detail == Detail::Failures && case.result.outcome != Outcome::Fail {
            return Ok(());
        }
        out.write_all(self.run(case).as_bytes())
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        match self.style.close {
            Close::Totals if self.style.detail == Detail::Failures => writeln!(out, "{}", summary.one_line()),
            Close::Totals => write!(out, "{}", summary.within(self.style.room)),
            Close::Nothing => Ok(()),
        }
    }
}

impl HumanReport {
    /// Nothing has been reported yet.
    #[must_use]
    pub const fn new(style: Style) -> Self {
        Self { style, name_width: 0 }
    }

    /// The line of a run, with the details below where they are wanted.
    #[must_use]
    pub fn run(&self, finished: Finished<'_>) -> String {
        let result = finished.result;
        let (word, tone) = match result.outcome {
            Outcome::Pass => ("pass", Tone::Good),
            Outcome::Fail if result.is_error() => ("ERROR", Tone::Bad),
            Outcome::Fail => ("FAIL", Tone::Bad),
            Outcome::Skip => ("skip", Tone::Notable),
        };
        // The one word that is longer takes a blank from the gap.
        let gap = " ".repeat(6 - word.len());
        let findings = Findings::of(finished);
        let story = findings::line(finished);
        let story_tone = if findings.is_clean() {
            Tone::Quiet
        } else {
            Tone::Notable
        };
        let head = format!(
            "{:width$}  {:8}  {:>10}  ",
            one_line(&result.scenario),
            result.revision,
            seconds(result.virtual_ns),
            width = self.name_width,
        );
        let indent = 6 + head.chars().count();
        let mut story = self.broken(&one_line(&story), indent).into_iter();
        let first = self
            .style
            .palette
            .paint(story_tone, &story.next().unwrap_or_default());
        let line = format!("{}{gap}{head}{first}", self.style.palette.paint(tone, word));
        let mut text = format!("{}\n", line.trim_end());
        for line in story {
            let line = self.style.palette.paint(story_tone, &line);
            let _ = writeln!(text, "{:indent$}{line}", "");
        }
        if result.outcome == Outcome::Fail
            || (self.style.detail == Detail::Everything && result.outcome == Outcome::Pass)
        {
            text.push_str(&self.details(finished));
        } else {
            self.notes(&mut text, result);
        }
        text
    }

    fn notes(&self, text: &mut String, result: &RunResult) {
        for note in &result.notes {
            self.paragraph(text, "note", &note.to_string());
        }
    }

    fn details(&self, finished: Finished<'_>) -> String {
        let result = finished.result;
        let mut text = String::new();
        if result.outcome == Outcome::Fail {
            if let Some(reason) = &result.reason {
                self.paragraph(&mut text, "reason", reason);
            }
            for (mismatch, place) in result.located_mismatches() {
                self.paragraph(&mut text, "expected", &mismatch_line(mismatch, place, result));
            }
            if let Some(difference) = &result.snapshot_difference {
                self.paragraph(&mut text, "snapshot", difference.trim_end());
            }
        }
        self.notes(&mut text, result);
        if let Some(parting) = &result.parting {
            let line = format!(
                "step {} ({}): {} has {} pages in the driver's book, {} in firmware's",
                parting.step, parting.what, parting.function, parting.driver, parting.firmware
            );
            self.paragraph(&mut text, "parted", &line);
        }
        text.push_str(&self.both_drivers(result));
        text.push_str(&self.both_books(finished));
        text.push_str(&self.times(result));
        for violation in &result.violations {
            self.paragraph(&mut text, "broken", &violation_line(violation));
        }
        for warning in &result.warnings {
            self.paragraph(&mut text, "warning", warning);
        }
        if let Some((what, time)) = &result.longest_stall {
            self.paragraph(&mut text, "slowest", &format!("{what}, {}", seconds(*time)));
        }
        if !result.replay.is_empty() {
            // In one piece, to be copied.
            let mut whole = *self;
            whole.style.room = None;
            whole.paragraph(&mut text, "repeat", &result.replay);
        }
        text.push('\n');
        text
    }

    fn paragraph(&self, text: &mut String, label: &str, content: &str) {
        let label = self.style.palette.paint(Tone::Heading, &format!("{label:>9}"));
        let content = lines(content);
        let content = content.lines().flat_map(|line| self.broken(line, 17));
        let content = content.collect::<Vec<_>>().join(&format!("\n{:17}", ""));
        let _ = writeln!(text, "      {label}  {content}");
    }

    /// A line as several that fit beside so many blanks.
    fn broken(&self, line: &str, indent: usize) -> Vec<String> {
        /// A column of single words helps nobody.
        const NARROWEST: usize = 20;
        match self.style.room {
            Some(room) => wrapped(line, room.saturating_sub(indent).max(NARROWEST)),
            None => vec![line.to_owned()],
        }
    }

    /// The books of two drivers after the first step where they differ.
    fn both_drivers(&self, result: &RunResult) -> String {
        let Some(comparison) = &result.comparison else {
            return String::new();
        };
        let head = format!("after step {}", comparison.step);
        let mut table = Columns::new([head.as_str(), result.backend.as_str(), "ours", "difference"]);
        for row in &comparison.rows {
            let number = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), readable);
            let difference = match (row.linux, row.ours) {
                (Some(linux), Some(ours)) if linux != ours => format!("{:+}", linux - ours),
                _ => String::new(),
            };
            table.row([row.name.clone(), number(row.linux), number(row.ours), difference]);
        }
        let mut text = String::new();
        for (number, line) in table.to_string().lines().enumerate() {
            let label = if number == 0 { "drivers" } else { "" };
            self.paragraph(&mut text, label, line);
        }
        text
    }

    /// How long operations and waits took, beside our driver's.
    fn times(&self, result: &RunResult) -> String {
        let mut text = String::new();
        let Some(measured) = &result.measured else {
            return text;
        };
        let mut table = Columns::new(["times", result.backend.as_str(), "ours", ""]);
        for duration in &measured.durations {
            let mark = if duration.within { "" } else { "differs" };
            let what = format!("step {} ({})", duration.step, duration.what);
            let [took, ours] = [duration.took_ns, duration.ours_ns].map(seconds);
            table.row([what, took, ours, mark.to_owned()]);
        }
        for wait in &measured.page_waits {
            let what = format!(
                "step {}: {} waited for {} pages",
                wait.step, wait.device, wait.pages
            );
            let ended = if wait.returns == 0 {
                String::new()
            } else {
                format!("returned {}", wait.returns)
            };
            table.row([what, seconds(wait.took_ns), "-".to_owned(), ended]);
        }
        if !measured.durations.is_empty() || !measured.page_waits.is_empty() {
            for line in table.to_string().lines() {
                self.paragraph(&mut text, "", line);
            }
        }
        if measured.left_with_firmware > 0 {
            let left = format!(
                "firmware books {} pages, and no driver is bound",
                measured.left_with_firmware
            );
            self.paragraph(&mut text, "left", &left);
        }
        text
    }

    /// Both books after the last step, where they differ.
    fn both_books(&self, finished: Finished<'_>) -> String {
        let entries = finished.books();
        let different: Vec<&Entry> = entries.iter().filter(|entry| entry.drift() != 0).collect();
        let mut text = String::new();
        if different.is_empty() {
            return text;
        }
        let mut table = Columns::new(["at the end", "driver", "firmware", "difference", "booked on"]);
        for entry in different {
            let owners: Vec<String> = entry
                .owners
                .iter()
                .map(|(owner, pages)| format!("{owner} {pages}"))
                .collect();
            table.row([
                entry.counter.to_owned(),
                entry.driver.map_or_else(|| "?".to_owned(), readable),
                entry.firmware.to_string(),
                format!("{:+}", entry.drift()),
                if entry.counter == "fw_pages_total" {
                    String::new()
                } else {
                    owners.join(", ")
                },
            ]);
        }
        for (number, line) in table.to_string().lines().enumerate() {
            let label = if number == 0 { "books" } else { "" };
            self.paragraph(&mut text, label, line);
        }
        text
    }
}

/// `file:line:column: step 2 (host load): returns is -12, not 0`.
fn mismatch_line(mismatch: &Mismatch, place: Option<&Place>, result: &RunResult) -> String {
    let source = place.map_or_else(String::new, |Place { line, column }| {
        format!("{}:{line}:{column}: ", result.file)
    });
    let place = match mismatch.step {
        Some(number) => {
            let what = result
                .steps
                .iter()
                .find(|step| step.number == number)
                .map(|step| step.what.as_str());
            what.map_or_else(
                || format!("step {number}: "),
                |what| format!("step {number} ({what}): "),
            )
        }
        None => "at the end: ".to_owned(),
    };
    format!("{source}{place}{mismatch}")
}

fn violation_line(violation: &Violation) -> String {
    let expected = if violation.expected {
        "as expected"
    } else {
        "NOT expected"
    };
    format!(
        "step {}: {} ({expected}): {}",
        violation.step, violation.invariant, violation.detail
    )
}
