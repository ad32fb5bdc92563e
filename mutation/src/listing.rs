//! Which mutants there are: cargo-mutants says.

use crate::error::MutationError;
use crate::plan::Group;
use crate::program::output_of;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

/// A place in a text: line and column in characters, both from 1.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A stretch of a text.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: Place,
    /// The place behind its end.
    pub end: Place,
}

/// One mutant.
#[derive(Clone, Debug, Deserialize)]
pub struct Mutant {
    /// Its name: file, place, and what is changed.
    pub name: String,
    /// The file, from the root.
    pub file: String,
    /// The package.
    pub package: String,
    /// The function around it.
    pub function: Option<FunctionName>,
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// A function as cargo-mutants names it.
#[derive(Clone, Debug, Deserialize)]
pub struct FunctionName {
    /// With its type, as `Type::function`.
    #[serde(rename = "function_name")]
    pub name: String,
}

/// The mutants of a group, those that are drawn, in their order; where there is a diff, those of the lines that it adds or changes.
///
/// # Errors
/// [`MutationError`] when cargo-mutants is not there, or says something else than it used to.
pub fn of(root: &Path, group: &Group, seed: u64, diff: Option<&Path>) -> Result<Vec<Mutant>, MutationError> {
    let program = "cargo mutants --list";
    let mut command = Command::new("cargo");
    command.current_dir(root);
    command.args(["mutants", "--workspace", "--list", "--json"]);
    for file in &group.files {
        command.args(["-f", file]);
    }
    if let Some(diff) = diff {
        command.arg("--in-diff").arg(diff);
    }
    let listed = output_of(&mut command, program)?;
    // Where the diff touches no source there is no list.
    if listed.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let mutants = serde_json::from_slice(&listed).map_err(|cause| MutationError::Answer {
        program: program.to_owned(),
        cause,
    })?;
    Ok(drawn(mutants, group.sample, seed))
}

/// So many of all, in their order.
fn drawn<T>(all: Vec<T>, sample: Option<usize>, seed: u64) -> Vec<T> {
    let Some(mut wanted) = sample else {
        return all;
    };
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut left = all.len();
    let mut drawn = Vec::new();
    for one in all {
        // One of those that are left is as likely as another to be among those that are wanted still.
        let bound = u64::try_from(left).unwrap_or(u64::MAX).max(1);
        let place = usize::try_from(dice.next_u64() % bound).unwrap_or(usize::MAX);
        if place < wanted {
            drawn.push(one);
            wanted -= 1;
        }
        left -= 1;
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_the_wanted_number_and_is_the_same_for_the_same_seed() {
        let all: Vec<u32> = (0..500).collect();
        let one = drawn(all.clone(), Some(60), 7);
        assert_eq!(one.len(), 60);
        assert!(one.is_sorted());
        assert_eq!(one, drawn(all.clone(), Some(60), 7));
        assert_ne!(one, drawn(all.clone(), Some(60), 8));
        assert_eq!(drawn(all.clone(), None, 7), all);
        assert_eq!(drawn(all.clone(), Some(501), 7), all);
    }
}
