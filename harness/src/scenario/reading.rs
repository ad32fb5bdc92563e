//! Reading a scenario file: text, shape, types, sense. All problems of a file are reported together.

use crate::scenario::document::{Node, Path};
use crate::scenario::model::ScenarioFile;
use crate::scenario::problem::{Collected, Problem, Problems};
use crate::scenario::schema::schema;
use crate::scenario::shape::shape_problems;
use crate::scenario::validation::sense_problems;
use crate::text::printable::one_line;
use crate::text::reading::{ForeignText, TextError};
use std::path::Path as FilePath;

/// Bytes of a file that are read at most; the longest scenario of the project has a hundredth of it.
pub const LONGEST_FILE: u64 = 1 << 20;

/// Why a file yields no scenario.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read at all.
    #[error("{file}: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        #[source]
        cause: TextError,
    },
    /// It is longer than anything that is read.
    #[error("{file}: {cause}")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size and the limit.
        #[source]
        cause: TextError,
    },
    /// It can be read, but is no valid scenario.
    #[error(transparent)]
    Invalid(#[from] Problems),
}

/// Reads and judges a file.
///
/// # Errors
/// [`ReadError`] with everything that is wrong.
pub fn read_scenario(file: &FilePath) -> Result<ScenarioFile, ReadError> {
    let (name, text) = read_text(file)?;
    let stem = file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    Ok(parse_scenario(&name, Some(stem), text)?)
}

/// Reads and judges a text. `stem` is what the scenario's name has to be.
///
/// # Errors
/// [`Problems`] with everything that is wrong, in the order of the text.
pub fn parse_scenario(file: &str, stem: Option<&str>, text: String) -> Result<ScenarioFile, Problems> {
    judge(&text, stem).map_err(|found| Problems::in_order(file, text, found))
}

/// The file's name and text.
pub(super) fn read_text(file: &FilePath) -> Result<(String, String), ReadError> {
    let name = one_line(&file.display().to_string()).into_owned();
    match crate::text::reading::read_text(file, LONGEST_FILE) {
        Ok(text) => Ok((name, text)),
        Err(cause @ TextError::Unreadable(_)) => Err(ReadError::Unreadable { file: name, cause }),
        Err(cause @ TextError::TooLarge { .. }) => Err(ReadError::TooLarge { file: name, cause }),
        Err(TextError::Encoding(foreign)) => Err(foreign_text(&name, foreign).into()),
    }
}

/// A file in another encoding, as the one problem that it has.
fn foreign_text(file: &str, foreign: ForeignText) -> Problems {
    let problem = Problem {
        message: foreign.message,
        label: "not UTF-8".to_owned(),
        hint: Some(foreign.hint),
        span: foreign.span,
        path: Path::default(),
    };
    Problems::in_order(file, foreign.text, problem)
}

fn judge(text: &str, stem: Option<&str>) -> Result<ScenarioFile, Collected> {
    judge_tree(&tree(text)?, stem)
}

pub(super) fn tree(text: &str) -> Result<Node, Collected> {
    Node::parse(text).map_err(|error| {
        let hint =
            "the file has to be plain JSON: double quotes, no comments, no comma before a closing bracket";
        let label = "not JSON from here on".to_owned();
        let (message, hint, path) = (error.message, Some(hint.to_owned()), Path::default());
        Problem {
            message,
            label,
            hint,
            span: error.span,
            path,
        }
        .into()
    })
}

pub(super) fn judge_tree(root: &Node, stem: Option<&str>) -> Result<ScenarioFile, Collected> {
    let schema = schema();
    let shape = shape_problems(root, schema);
    let value = root.to_value(&shape.repairs);
    let mut problems = shape.problems;
    let scenario: ScenarioFile = match serde_path_to_error::deserialize(&value) {
        Ok(scenario) => scenario,
        Err(error) if problems.is_empty() => return Err(unreadable_value(root, &error).into()),
        Err(_) => return Err(problems),
    };
    let nonsense = sense_problems(&scenario, root, stem);
    // What was repaired may be why something else looks wrong: there, only the cause is reported.
    let is_consequence = |problem: &Problem| {
        let within = shape.repairs.range(problem.path.clone()..).next();
        within.is_some_and(|(repaired, _)| problem.path.contains(repaired))
            || problem
                .path
                .and_around()
                .any(|around| shape.repairs.contains_key(&around))
    };
    problems.extend(nonsense, |problem| !is_consequence(problem));
    if problems.is_empty() {
        Ok(scenario)
    } else {
        Err(problems)
    }
}

/// A value that the schema allows and the types do not.
fn unreadable_value(root: &Node, error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let mut path = Path::default();
    for segment in error.path() {
        path = match segment {
            serde_path_to_error::Segment::Seq { index } => path.element(*index),
            serde_path_to_error::Segment::Map { key } => path.member(key),
            serde_path_to_error::Segment::Enum { variant } => path.member(variant),
            serde_path_to_error::Segment::Unknown => path,
        };
    }
    let span = root.find(&path).span.clone();
    Problem {
        message: error.inner().to_string(),
        label: "here".to_owned(),
        hint: None,
        span,
        path,
    }
}
