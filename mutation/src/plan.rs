//! `mutation.toml`: whose mutants are tried, all of them or some.

use crate::error::MutationError;
use serde::Deserialize;
use std::path::Path;

/// The plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What samples are drawn with: the date of the campaign.
    pub seed: u64,
    /// Functions whose mutants cannot be switched at run time, by file and name, and why. cargo-mutants tries them itself.
    #[serde(default)]
    pub alone: Vec<Alone>,
    /// What belongs together.
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
}

/// A function whose mutants cannot be switched.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alone {
    /// Its file, from the root.
    pub file: String,
    /// Its name, as cargo-mutants writes it.
    pub function: String,
    /// Why.
    pub because: String,
}

/// Files that are told of together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its files, as patterns from the root.
    pub files: Vec<String>,
    /// How many mutants are drawn; all of them where nothing is said.
    pub sample: Option<usize>,
    /// Of those that compile, how many of a hundred have to be caught.
    pub wanted: u32,
}

impl Group {
    /// The lines of a change, wherever the tests that are asked say something of them.
    #[must_use]
    pub fn of_a_change() -> Self {
        Self {
            name: "changed lines".to_owned(),
            files: ["driver/src/**", "emulator/src/**", "prm/src/**"]
                .map(ToOwned::to_owned)
                .to_vec(),
            sample: Some(40),
            wanted: 75,
        }
    }
}

/// Reads the plan of the project whose root this is.
///
/// # Errors
/// [`MutationError`] when there is none, or it does not say what it should.
pub fn read(root: &Path) -> Result<Plan, MutationError> {
    let path = root.join("mutation.toml");
    let text = std::fs::read_to_string(&path).map_err(MutationError::file(&path))?;
    toml::from_str(&text).map_err(|cause| MutationError::Plan {
        path,
        cause: Box::new(cause),
    })
}
