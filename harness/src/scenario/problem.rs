//! What is wrong with a file, and what would be right.

use crate::scenario::document::{Path, Span};
use std::fmt;

/// One problem, with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What stands at the marked spot, in a few words.
    pub label: String,
    /// What would be right.
    pub hint: Option<String>,
    /// The marked spot.
    pub span: Span,
    /// The value it is about.
    pub path: Path,
}

/// Everything that is wrong with one file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems {
    /// The file, as it was named.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The problems, in the order of the text.
    pub problems: Vec<Problem>,
}

impl Problems {
    /// Line and column (both from 1, columns in characters) of a byte of the text.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            let (line, column) = self.position(problem.span.start);
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{line}:{column}: {}", self.file, problem.message)?;
        }
        Ok(())
    }
}

/// "did you mean" for `word`, or the list of `known` words.
#[must_use]
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let close = nearest(word, &known).map(|near| format!("did you mean `{near}`? "));
    if let (Some(close), [_]) = (&close, known.as_slice()) {
        return close.trim_end().to_owned();
    }
    let list: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    let list = match list.len() {
        0 => "nothing is allowed here".to_owned(),
        1 => format!("allowed is {}", list[0]),
        2..=16 => format!("allowed are {}", list.join(", ")),
        many if close.is_some() => format!("{many} words are allowed here; `mlx5-cosim schema` lists them"),
        _ => format!("allowed are {}", list.join(", ")),
    };
    format!("{}{list}", close.unwrap_or_default())
}

/// The known word that `word` is most likely meant to be, if one is close.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let scored = known.iter().map(|candidate| {
        (
            strsim::jaro_winkler(&lower, &candidate.to_lowercase()),
            *candidate,
        )
    });
    let best = scored.max_by(|left, right| left.0.total_cmp(&right.0))?;
    (best.0 > 0.8).then_some(best.1)
}
