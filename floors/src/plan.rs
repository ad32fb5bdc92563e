//! `floors.toml`: the floors of every crate, top floor first, as one sees a house.

use crate::error::FloorsError;
use serde::Deserialize;
use std::path::Path;

/// The whole house.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct House {
    /// The crates, top one first: a crate may use only those that stand further down.
    #[serde(rename = "crate")]
    pub crates: Vec<CratePlan>,
}

/// One crate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CratePlan {
    /// Its name, as `use` spells it.
    pub name: String,
    /// Its folder of sources, from the project's root.
    pub sources: String,
    /// What it is, in a few words.
    pub says: String,
    /// Its floors, the top one first.
    pub floors: Vec<Floor>,
}

/// One floor: files that may use each other, as long as they do not do so in a circle, and everything below.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// Its name.
    pub name: String,
    /// What happens there, in a few words.
    pub says: String,
    /// Its files, and its folders with a slash at the end (all files below), from the crate's sources. The longest one that
    /// fits a file decides.
    pub rooms: Vec<String>,
}

/// Reads the floors of the house whose root this is.
///
/// # Errors
/// [`FloorsError`] when the file cannot be read or does not say what it should.
pub fn read(root: &Path) -> Result<House, FloorsError> {
    let path = root.join("floors.toml");
    let text = std::fs::read_to_string(&path).map_err(|cause| FloorsError::File {
        path: path.clone(),
        cause,
    })?;
    toml::from_str(&text).map_err(|cause| FloorsError::Plan {
        path,
        cause: Box::new(cause),
    })
}

/// Whether a room has a file: it is that file, or a folder around it.
#[must_use]
pub fn has(room: &str, file: &str) -> bool {
    room == file || (room.ends_with('/') && file.starts_with(room))
}

impl CratePlan {
    /// On which floor a file stands, counted from the bottom; `None` where no room has it.
    #[must_use]
    pub fn floor_of(&self, file: &str) -> Option<usize> {
        self.floors
            .iter()
            .rev()
            .enumerate()
            .flat_map(|(height, floor)| floor.rooms.iter().map(move |room| (height, room)))
            .filter(|(_, room)| has(room, file))
            .max_by_key(|(_, room)| room.len())
            .map(|(height, _)| height)
    }

    /// The floor that many stairs up.
    #[must_use]
    pub fn floor(&self, height: usize) -> Option<&Floor> {
        self.floors.iter().rev().nth(height)
    }
}
