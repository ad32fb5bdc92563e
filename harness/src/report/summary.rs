//! The end of a run on one screen: which case drifts under which revision and by how much, then the totals.

use crate::record::Failure;
use crate::record::result::{Outcome, RunResult};
use crate::report::case::{EVERY_REVISION, Finished, seconds};
use crate::report::columns::{Columns, wrapped};
use crate::report::findings::Findings;
use crate::report::tally::Tally;
use std::collections::BTreeMap;
use std::fmt;

/// Totals of one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Totals {
    runs: usize,
    pass: usize,
    fail: usize,
    error: usize,
    skip: usize,
    drift: usize,
    underflows: usize,
    stalls: usize,
    leaks: usize,
    corruption: usize,
    /// Whether the driver was ours: of another, nobody sees what it leaks or overwrites, and its time is not virtual.
    ours: bool,
}

/// Collects runs as they finish.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Cases that were to be run.
    planned: usize,
    revisions: Vec<String>,
    totals: BTreeMap<String, Totals>,
    scenarios: Vec<String>,
    cells: BTreeMap<(String, String), String>,
    notable: BTreeMap<String, bool>,
    /// Operations that took another time than in our driver's run: case, step, and both.
    times: Vec<[String; 4]>,
    /// Why runs were skipped, and which.
    skipped: BTreeMap<String, Vec<String>>,
}

/// A summary as tables, in lines of a width.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    summary: &'a Summary,
    room: Option<usize>,
}

impl Summary {
    /// Of so many cases that are about to be run.
    #[must_use]
    pub fn of(planned: usize) -> Self {
        Self {
            planned,
            ..Self::default()
        }
    }

    /// Cases that have finished.
    fn runs(&self) -> usize {
        self.totals.values().map(|totals| totals.runs).sum()
    }

    /// Cases that were to be run and were not: somebody has ended the run, or it was to end at the first failure.
    #[must_use]
    pub fn not_run(&self) -> usize {
        self.planned.saturating_sub(self.runs())
    }

    /// The summary as text; lines have this much room, where it is known.
    #[must_use]
    pub const fn within(&self, room: Option<usize>) -> Tables<'_> {
        Tables { summary: self, room }
    }

    /// Adds a run.
    pub fn add(&mut self, finished: Finished<'_>) {
        let RunResult {
            scenario,
            revision,
            outcome,
            ..
        } = finished.result;
        if !self.revisions.contains(revision) {
            self.revisions.push(revision.clone());
        }
        if !self.scenarios.contains(scenario) {
            self.scenarios.push(scenario.clone());
        }
        let findings = Findings::of(finished);
        let totals = self.totals.entry(revision.clone()).or_default();
        totals.runs += 1;
        totals.ours = finished.result.backend != "linux";
        match outcome {
            Outcome::Pass => totals.pass += 1,
            Outcome::Fail if finished.result.is_error() => totals.error += 1,
            Outcome::Fail => totals.fail += 1,
            Outcome::Skip => {
                totals.skip += 1;
                let reason = finished.result.reason.clone().unwrap_or_default();
                self.skipped.entry(reason).or_default().push(scenario.clone());
            }
        }
        let durations = finished
            .result
            .measured
            .iter()
            .flat_map(|measured| &measured.durations);
        for duration in durations.filter(|duration| !duration.within) {
            let [took, ours] = [duration.took_ns, duration.ours_ns].map(seconds);
            let step = format!("step {} ({})", duration.step, duration.what);
            self.times.push([scenario.clone(), step, took, ours]);
        }
        totals.drift += usize::from(findings.drift.is_some());
        totals.underflows += usize::from(!findings.underflows.is_empty());
        totals.stalls += usize::from(findings.stall.is_some());
        totals.leaks += usize::from(findings.leaked > 0);
        totals.corruption += usize::from(!findings.corruption.is_empty());
        let words = if findings.is_clean() {
            "clean".to_owned()
        } else {
            findings.words().join(", ")
        };
        let cell = match outcome {
            Outcome::Pass => words,
            Outcome::Fail => match finished.result.failure() {
                Some(Failure::Snapshot) => format!("SNAPSHOT: {words}"),
                Some(error) if error.is_error() => format!("ERROR: {}", error.name()),
                _ => format!("FAIL: {words}"),
            },
            Outcome::Skip => "skipped".to_owned(),
        };
        if *outcome != Outcome::Skip {
            let notable = self.notable.entry(scenario.clone()).or_default();
            *notable |= *outcome == Outcome::Fail || !findings.is_clean();
        }
        self.cells.insert((scenario.clone(), revision.clone()), cell);
    }

    /// Runs with this outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        let of = |totals: &Totals| match outcome {
            Outcome::Pass => totals.pass,
            Outcome::Fail => totals.fail + totals.error,
            Outcome::Skip => totals.skip,
        };
        self.totals.values().map(of).sum()
    }

    /// Cases that nobody could judge.
    fn errors(&self) -> usize {
        self.totals.values().map(|totals| totals.error).sum()
    }

    /// The totals in one line.
    #[must_use]
    pub fn one_line(&self) -> String {
        let errors = self.errors();
        let tally = Tally {
            runs: self.runs(),
            scenarios: self.scenarios.len(),
            pass: self.count(Outcome::Pass),
            fail: self.count(Outcome::Fail) - errors,
            errors,
            skip: self.count(Outcome::Skip),
            not_run: self.not_run(),
        };
        tally.to_string()
    }

    /// Heads of [`Self::totals`].
    pub const HEADS: [&str; 11] = [
        "revision",
        "scenarios",
        "pass",
        "fail",
        "error",
        "skip",
        "drift",
        "underflow",
        "stall",
        "leak",
        "corruption",
    ];

    /// The totals of each revision; a dash where nobody could see.
    #[must_use]
    pub fn totals(&self) -> Vec<[String; 11]> {
        let rows = self.revisions.iter().filter_map(|revision| {
            let totals = self.totals.get(revision)?;
            let inside = |number: usize| totals.ours.then_some(number);
            let numbers = [
                Some(totals.runs),
                Some(totals.pass),
                Some(totals.fail),
                Some(totals.error),
                Some(totals.skip),
                Some(totals.drift),
                Some(totals.underflows),
                inside(totals.stalls),
                Some(totals.leaks),
                inside(totals.corruption),
            ];
            let mut row: [String; 11] = std::array::from_fn(|_| revision.clone());
            for (cell, number) in row.iter_mut().skip(1).zip(numbers) {
                *cell = number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            }
            Some(row)
        });
        rows.collect()
    }

    /// Whether every case was skipped, of which there was one at least.
    #[must_use]
    pub fn is_all_skipped(&self) -> bool {
        let runs = self.runs();
        runs > 0 && self.count(Outcome::Skip) == runs
    }
}

impl Tables<'_> {
    /// What each notable case showed, by revision. The revisions of this project have fixed places; builds of another driver stand
    /// by themselves, the first four of them.
    fn cases(&self) -> Option<String> {
        const OURS: [&str; 3] = ["reviewed", "merged", "robust"];
        let notable = self.summary.notable.values().any(|notable| *notable);
        let foreign = self.summary.revisions.iter().map(String::as_str);
        let foreign: Vec<&str> = foreign
            .filter(|revision| !OURS.contains(revision) && *revision != EVERY_REVISION)
            .collect();
        let table = || match *foreign.as_slice() {
            [] => self.cases_of(["case", OURS[0], OURS[1], OURS[2]]).to_string(),
            [one] => self.cases_of(["case", one]).to_string(),
            [one, two] => self.cases_of(["case", one, two]).to_string(),
            [one, two, three] => self.cases_of(["case", one, two, three]).to_string(),
            [one, two, three, four, ..] => self.cases_of(["case", one, two, three, four]).to_string(),
        };
        notable.then(table)
    }

    fn cases_of<const N: usize>(&self, heads: [&str; N]) -> Columns<N> {
        let mut table = Columns::new(heads).within(self.room);
        let notable = self.summary.scenarios.iter();
        for scenario in notable.filter(|scenario| self.summary.notable.get(*scenario) == Some(&true)) {
            table.row(std::array::from_fn(|place| {
                if place == 0 {
                    return scenario.clone();
                }
                let cell = |revision: &str| self.summary.cells.get(&(scenario.clone(), revision.to_owned()));
                let cell = cell(heads[place]).or_else(|| cell(EVERY_REVISION));
                cell.map_or_else(|| "-".to_owned(), Clone::clone)
            }));
        }
        table
    }

    /// Operations that took another time than in our driver's run.
    fn times(&self) -> Columns<4> {
        let mut table = Columns::new(["case", "operation", "took", "ours"])
            .right_from(2)
            .within(self.room);
        for row in &self.summary.times {
            table.row(row.clone());
        }
        table
    }

    fn table(&self) -> Columns<11> {
        let mut table = Columns::new(Summary::HEADS).right_from(1).within(self.room);
        for row in self.summary.totals() {
            table.row(row);
        }
        table
    }
}

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cases = self.cases();
        if let Some(cases) = &cases {
            let legend = "What the cases show; `VF -512 of 0`: the driver counts -512 pages where firmware books 0; \
                          `(VF 0 of 512)`: so it was for a while, but not at the end.";
            writeln!(f)?;
            for line in wrapped(legend, self.room.unwrap_or(110)) {
                writeln!(f, "{line}")?;
            }
            writeln!(f)?;
            write!(f, "{cases}")?;
        }
        let clean = self.summary.notable.values().filter(|notable| !**notable).count();
        if clean > 0 && cases.is_some() {
            writeln!(f, "and {clean} more in which every revision is clean")?;
        }
        if !self.summary.times.is_empty() {
            let legend =
                "Operations that took another time than in our driver's run, by more than 0.15 s and 5 %:";
            writeln!(f)?;
            for line in wrapped(legend, self.room.unwrap_or(110)) {
                writeln!(f, "{line}")?;
            }
            write!(f, "\n{}", self.times())?;
        }
        for (reason, scenarios) in &self.summary.skipped {
            writeln!(f, "\nskipped, because {reason}:")?;
            let names = format!("    {}", scenarios.join(", "));
            for line in wrapped(&names, self.room.unwrap_or(usize::MAX)) {
                writeln!(f, "{line}")?;
            }
        }
        writeln!(f, "\n{}", self.table())?;
        writeln!(f, "{}", self.summary.one_line())
    }
}
