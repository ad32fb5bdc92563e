//! A review as JSON, one object per line. Scripts read it: fields are added, never changed.

use crate::review::comparing::{Comparison, StepChange, Verdict};
use crate::review::mark::Mark;
use crate::review::telling::{Case, Totals};
use serde::Serialize;

/// What a review was of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// The patches, by their subjects.
    pub patches: Vec<String>,
    /// What ran before, in words.
    pub before: String,
    /// What ran after, in words.
    pub after: String,
    /// QEMU and kernel, in words.
    pub kit: String,
    /// What may surprise: fuzz, offsets, files that are no part of the module.
    pub notes: Vec<String>,
}

/// A line.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    /// A case.
    Case {
        scenario: &'a str,
        file: &'a str,
        /// `null` where nobody can say.
        verdict: Option<Verdict>,
        /// Why it was skipped, or why nobody can say.
        reason: Option<&'a str>,
        came: &'a [Mark],
        went: &'a [Mark],
        new_warnings: &'a [String],
        gone_warnings: &'a [String],
        undone: &'a [String],
        steps: &'a [StepChange],
        as_the_file_says: Sides,
        replay: String,
    },
    /// The end.
    Summary {
        #[serde(flatten)]
        about: &'a About,
        mended: usize,
        broken: usize,
        changed: usize,
        unstable: usize,
        same: usize,
        skipped: usize,
        errors: usize,
    },
    /// There was no review.
    Error { message: &'a str, details: &'a [String] },
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Sides {
    before: bool,
    after: bool,
}

/// A case as a line, without the end of the line.
#[must_use]
pub fn case(case: &Case) -> String {
    let compared = case.compared.as_ref().ok();
    let nothing: (&[Mark], &[String], &[StepChange]) = (&[], &[], &[]);
    let marks =
        |of: fn(&Comparison) -> &Vec<Mark>| compared.map_or(nothing.0, |compared| of(compared).as_slice());
    let words =
        |of: fn(&Comparison) -> &Vec<String>| compared.map_or(nothing.1, |compared| of(compared).as_slice());
    text(&Line::Case {
        scenario: &case.name,
        file: &case.file,
        verdict: case.verdict(),
        reason: case
            .compared
            .as_ref()
            .err()
            .or(case.skipped.as_ref())
            .map(String::as_str),
        came: marks(|compared| &compared.came),
        went: marks(|compared| &compared.went),
        new_warnings: words(|compared| &compared.new_warnings),
        gone_warnings: words(|compared| &compared.gone_warnings),
        undone: words(|compared| &compared.undone),
        steps: compared.map_or(nothing.2, |compared| compared.steps.as_slice()),
        as_the_file_says: Sides {
            before: case.as_the_file_says.0,
            after: case.as_the_file_says.1,
        },
        replay: case.replay.join(" "),
    })
}

/// The last line.
#[must_use]
pub fn summary(about: &About, totals: &Totals) -> String {
    text(&Line::Summary {
        about,
        mended: totals.of(Verdict::Mended),
        broken: totals.of(Verdict::Broken),
        changed: totals.of(Verdict::Changed),
        unstable: totals.of(Verdict::Unstable),
        same: totals.of(Verdict::Same),
        skipped: totals.of(Verdict::Skipped),
        errors: totals.errors(),
    })
}

/// The only line of a review that there was not.
#[must_use]
pub fn error(message: &str, details: &[String]) -> String {
    text(&Line::Error { message, details })
}

fn text(line: &Line<'_>) -> String {
    // Only maps with keys that are no strings cannot be written, and there is none.
    serde_json::to_string(line).unwrap_or_default()
}
