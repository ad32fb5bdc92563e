//! The table of the runs: cases by revision and stage, in columns.

use super::words::{Word, Words};
use crate::record::Failure;
use crate::record::result::{Outcome, RunResult};
use crate::report::case::Finished;
use crate::report::findings::{self, Findings};
use serde::Serialize;
use std::path::Path;

/// A case, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CaseNumber(pub(super) usize);

/// How a run came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As expected.
    Pass,
    /// Judged, and found wanting.
    Fail,
    /// Nobody could judge it.
    Error,
    /// Not run.
    Skip,
}

/// What a run shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Sign {
    /// The books differ.
    Drift,
    /// A counter is below zero.
    Underflow,
    /// A wait ended early.
    EarlyEnd,
    /// Something stalls.
    Stall,
    /// Something is left behind.
    Leak,
    /// Something was written where it should not be.
    Corruption,
}

impl Sign {
    const ALL: [Self; 6] = [
        Self::Drift,
        Self::Underflow,
        Self::EarlyEnd,
        Self::Stall,
        Self::Leak,
        Self::Corruption,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Underflow => "underflow",
            Self::EarlyEnd => "early end",
            Self::Stall => "stall",
            Self::Leak => "leak",
            Self::Corruption => "corruption",
        }
    }
}

/// A run's place in the table, and what its cell says.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The revision, or the side of a review.
    pub column: String,
    /// Where the driver ran.
    pub stage: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What it shows.
    pub signs: Vec<Sign>,
    /// That in a few words each.
    pub words: Vec<String>,
    /// And in one line.
    pub line: String,
    /// How long it took, in ns of virtual time.
    pub virtual_ns: u64,
    /// The line that repeats it.
    pub replay: String,
}

impl Cell {
    /// The cell of a run.
    #[must_use]
    pub fn of(finished: Finished<'_>) -> Self {
        let RunResult {
            revision,
            backend,
            outcome,
            virtual_ns,
            replay,
            ..
        } = finished.result;
        let findings = Findings::of(finished);
        let verdict = match outcome {
            Outcome::Pass => Verdict::Pass,
            Outcome::Fail if finished.result.is_error() => Verdict::Error,
            Outcome::Fail => Verdict::Fail,
            Outcome::Skip => Verdict::Skip,
        };
        let words = match verdict {
            Verdict::Skip => vec!["skipped".to_owned()],
            Verdict::Error => {
                let failure = finished.result.failure();
                vec![failure.map_or("error", Failure::name).to_owned()]
            }
            Verdict::Pass | Verdict::Fail if findings.is_clean() => vec!["clean".to_owned()],
            Verdict::Pass | Verdict::Fail => findings.words(),
        };
        Self {
            column: revision.clone(),
            stage: backend.clone(),
            verdict,
            signs: signs(&findings),
            words,
            line: findings::line(finished),
            virtual_ns: *virtual_ns,
            replay: replay.clone(),
        }
    }
}

fn signs(findings: &Findings) -> Vec<Sign> {
    let shows = |sign: &Sign| match sign {
        Sign::Drift => findings.drift.is_some(),
        Sign::Underflow => !findings.underflows.is_empty(),
        Sign::EarlyEnd => findings.ended_early,
        Sign::Stall => findings.stall.is_some(),
        Sign::Leak => findings.leaked > 0,
        Sign::Corruption => !findings.corruption.is_empty(),
    };
    Sign::ALL.into_iter().filter(shows).collect()
}

/// See the module's head.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Matrix {
    columns: Vec<(String, String)>,
    signs: [&'static str; 6],
    cases: Cases,
    runs: Runs,
    #[serde(skip)]
    known: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Cases {
    name: Vec<Word>,
    folder: Vec<Word>,
    file: Vec<Word>,
    /// What became of it, where two sides were compared.
    became: Vec<Option<Word>>,
    remarks: Vec<Vec<Word>>,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Runs {
    case: Vec<CaseNumber>,
    column: Vec<usize>,
    verdict: Vec<Verdict>,
    /// Bit n: the n-th sign.
    signs: Vec<u8>,
    words: Vec<Vec<Word>>,
    line: Vec<Word>,
    ns: Vec<u64>,
    replay: Vec<Word>,
}

impl Matrix {
    pub(super) fn new() -> Self {
        Self {
            columns: Vec::new(),
            signs: Sign::ALL.map(Sign::name),
            cases: Cases::default(),
            runs: Runs::default(),
            known: Vec::new(),
        }
    }

    /// The number of the case of this name in this file, and whether it is new.
    pub(super) fn case(&mut self, name: &str, file: &str, words: &mut Words) -> (CaseNumber, bool) {
        let key = (name.to_owned(), file.to_owned());
        // Runs of one case follow each other.
        if let Some(place) = self.known.iter().rposition(|known| *known == key) {
            return (CaseNumber(place), false);
        }
        self.known.push(key);
        let folder = Path::new(file).parent().and_then(Path::file_name);
        let folder = folder.map_or_else(String::new, |folder| folder.to_string_lossy().into_owned());
        self.cases.name.push(words.number(name));
        self.cases.folder.push(words.number(&folder));
        self.cases.file.push(words.number(file));
        self.cases.became.push(None);
        self.cases.remarks.push(Vec::new());
        (CaseNumber(self.known.len() - 1), true)
    }

    /// Says what became of a case.
    pub(super) fn became(&mut self, case: CaseNumber, became: &str, remarks: &[String], words: &mut Words) {
        self.cases.became[case.0] = Some(words.number(became));
        self.cases.remarks[case.0] = words.numbers(remarks);
    }

    /// Adds a run. Returns its number.
    pub(super) fn run(&mut self, case: CaseNumber, cell: &Cell, words: &mut Words) -> usize {
        let column = (cell.column.clone(), cell.stage.clone());
        let known = self.columns.iter().position(|known| *known == column);
        let column = known.unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        });
        let runs = &mut self.runs;
        runs.case.push(case);
        runs.column.push(column);
        runs.verdict.push(cell.verdict);
        runs.signs
            .push(cell.signs.iter().fold(0, |signs, sign| signs | 1 << *sign as u8));
        runs.words.push(words.numbers(&cell.words));
        runs.line.push(words.number(&cell.line));
        runs.ns.push(cell.virtual_ns);
        runs.replay.push(words.number(&cell.replay));
        runs.case.len() - 1
    }
}
