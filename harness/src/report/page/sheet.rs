//! The file, from its head to its end.

use super::details::{Details, Table};
use super::matrix::{CaseNumber, Cell, Matrix};
use super::policy::policy;
use super::quoting::element;
use super::story::Story;
use super::words::{Word, Words};
use crate::scenario::ScenarioFile;
use serde::Serialize;
use std::io::{self, Write};

/// What is on the page before anything is drawn.
const SKELETON: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// The script, part by part: a part uses those before it.
const SCRIPT: &[&str] = &[
    include_str!("elements.js"),
    include_str!("data.js"),
    include_str!("filters.js"),
    include_str!("matrix.js"),
    include_str!("scales.js"),
    include_str!("books.js"),
    include_str!("lanes.js"),
    include_str!("story.js"),
    include_str!("run.js"),
    include_str!("comparison.js"),
    include_str!("views.js"),
    include_str!("keys.js"),
];

/// What a page is about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The command.
    pub title: &'static str,
    /// What there is to say of all of it, by headings.
    pub about: Vec<(String, String)>,
    /// The totals in one line.
    pub totals: String,
    /// What is shown besides the runs.
    pub tables: Vec<Table>,
}

/// A page that is being written.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its texts.
    pub words: Words,
    matrix: Matrix,
}

#[derive(Serialize)]
struct Index<'a> {
    title: &'static str,
    about: Vec<(Word, Word)>,
    totals: Word,
    tables: &'a [Table],
    matrix: &'a Matrix,
    words: &'a [String],
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            words: Words::default(),
            matrix: Matrix::new(),
        }
    }
}

impl Sheet {
    /// Writes the head.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn begin(&self, out: &mut dyn Write) -> io::Result<()> {
        let (head, _) = SKELETON.split_once("{data}").unwrap_or((SKELETON, ""));
        let head = head
            .replace("{policy}", &policy(&script(), STYLE))
            .replace("{style}", STYLE);
        out.write_all(head.as_bytes())
    }

    /// The number of a case, whose story is written with its first run.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn case(
        &mut self,
        name: &str,
        file: &str,
        scenario: Option<&ScenarioFile>,
        out: &mut dyn Write,
    ) -> io::Result<CaseNumber> {
        let (case, is_new) = self.matrix.case(name, file, &mut self.words);
        if let Some(scenario) = scenario.filter(|_| is_new) {
            let story = Story::of(scenario, &mut self.words);
            element(out, &format!("case-{}", case.0), &story)?;
        }
        Ok(case)
    }

    /// Says what became of a case, and why.
    pub fn became(&mut self, case: CaseNumber, became: &str, remarks: &[String]) {
        self.matrix.became(case, became, remarks, &mut self.words);
    }

    /// Adds a run.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn run(
        &mut self,
        case: CaseNumber,
        cell: &Cell,
        details: &Details,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let number = self.matrix.run(case, cell, &mut self.words);
        element(out, &format!("run-{number}"), details)
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn end(mut self, subject: &Subject, out: &mut dyn Write) -> io::Result<()> {
        let about = subject.about.iter();
        let about = about.map(|(heading, text)| (self.words.number(heading), self.words.number(text)));
        let about = about.collect();
        let totals = self.words.number(&subject.totals);
        let index = Index {
            title: subject.title,
            about,
            totals,
            tables: &subject.tables,
            matrix: &self.matrix,
            words: self.words.list(),
        };
        element(out, "index", &index)?;
        let (_, rest) = SKELETON.split_once("{data}").unwrap_or(("", SKELETON));
        out.write_all(rest.replace("{script}", &script()).as_bytes())
    }
}

fn script() -> String {
    SCRIPT.concat()
}
