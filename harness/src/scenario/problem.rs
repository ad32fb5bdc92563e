//! What is wrong with a file, and what would be right.

use crate::scenario::document::{Path, Span};
use crate::text::printable::{clipped, one_line};
use crate::text::reading::line_and_column;
use std::fmt;

/// Problems of one file that are told; of more, only how many they are.
pub const MOST_PROBLEMS: usize = 20;

/// Letters of a message or a hint, and of a word that they quote from a file.
const LONGEST_MESSAGE: usize = 600;
const LONGEST_QUOTE: usize = 80;

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
    /// The first [`MOST_PROBLEMS`] problems, in the order of the text.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub untold: usize,
}

/// Problems as they are found. Of very many, the first are kept and the others counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    problems: Vec<Problem>,
    uncollected: usize,
}

impl Collected {
    /// Problems that are kept: more than are told, because what is found first may stand further down.
    const MOST: usize = 50 * MOST_PROBLEMS;

    /// Takes one more.
    pub fn push(&mut self, problem: Problem) {
        if self.is_full() {
            self.uncollected += 1;
        } else {
            self.problems.push(problem);
        }
    }

    /// Whether the same is there already.
    #[must_use]
    pub fn has(&self, problem: &Problem) -> bool {
        self.problems.contains(problem)
    }

    /// Counts one more that nobody needs to describe.
    pub fn count(&mut self) {
        self.uncollected += 1;
    }

    /// Whether all that follow are only counted.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.problems.len() >= Self::MOST
    }

    /// How many there are.
    #[must_use]
    pub fn number(&self) -> usize {
        self.problems.len() + self.uncollected
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Takes those of `other` that `is_wanted`.
    pub fn extend(&mut self, other: Self, is_wanted: impl Fn(&Problem) -> bool) {
        other
            .problems
            .into_iter()
            .filter(is_wanted)
            .for_each(|problem| self.push(problem));
        self.uncollected += other.uncollected;
    }

    /// The last one, where it was kept.
    pub fn last_mut(&mut self) -> Option<&mut Problem> {
        self.problems.last_mut().filter(|_| self.uncollected == 0)
    }
}

impl From<Problem> for Collected {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
            uncollected: 0,
        }
    }
}

impl Problem {
    /// The same with its words as they can be shown: without control characters, and of a length that can be read.
    fn shown(self) -> Self {
        let shown = |words: &str| clipped(&one_line(&short_quotes(words)), LONGEST_MESSAGE).into_owned();
        Self {
            message: shown(&self.message),
            label: shown(&self.label),
            hint: self.hint.as_deref().map(shown),
            ..self
        }
    }
}

/// `words` with long stretches between two quotation marks clipped.
fn short_quotes(words: &str) -> String {
    let stretch = |part: &str| clipped(part, LONGEST_QUOTE).into_owned();
    let between = |mark: char, words: &str| {
        let parts: Vec<String> = words
            .split(mark)
            .enumerate()
            .map(|(index, part)| {
                // Every other part stands between two marks.
                if index % 2 == 1 {
                    stretch(part)
                } else {
                    part.to_owned()
                }
            })
            .collect();
        parts.join(&mark.to_string())
    };
    if words.chars().count() <= LONGEST_QUOTE {
        return words.to_owned();
    }
    between('"', &between('`', words))
}

impl Problems {
    /// The problems of a file in the order of its text, as they can be shown.
    #[must_use]
    pub fn in_order(file: &str, text: String, found: impl Into<Collected>) -> Self {
        let Collected {
            mut problems,
            uncollected,
        } = found.into();
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        problems.dedup();
        let untold = problems.len().saturating_sub(MOST_PROBLEMS) + uncollected;
        problems.truncate(MOST_PROBLEMS);
        Self {
            file: one_line(file).into_owned(),
            text,
            problems: problems.into_iter().map(Problem::shown).collect(),
            untold,
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.problems.len() + self.untold
    }

    /// Line and column (both from 1, columns in characters) of a byte of the text.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        line_and_column(&self.text, offset)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            let (line, column) = self.position(problem.span.start);
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{line}:{column}: {}", self.file, problem.message)?;
        }
        match self.untold {
            0 => Ok(()),
            untold => write!(f, "\n{}: and {untold} more", self.file),
        }
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
        many if close.is_some() || many > 40 => {
            format!("{many} words are allowed here; `mlx5-cosim schema` lists them")
        }
        _ => format!("allowed are {}", list.join(", ")),
    };
    format!("{}{list}", close.unwrap_or_default())
}

/// The known word that `word` is most likely meant to be, if one is close.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.len() > 2 * LONGEST_QUOTE {
        return None;
    }
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
