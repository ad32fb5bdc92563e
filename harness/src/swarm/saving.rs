//! A finding as a scenario file.

use crate::scenario::{Problems, ScenarioFile, parse_scenario};
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a finding could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The folder cannot be made.
    #[error("{}: {cause}", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] files::FileError),
    /// It cannot be put into words.
    #[error("a finding cannot be written: {0}")]
    Text(#[from] serde_json::Error),
    /// It would not be read again: a defect of the drawing.
    #[error(transparent)]
    Invalid(#[from] Problems),
}

/// A scenario as a file has it.
///
/// # Errors
/// Where it cannot be put into words.
pub fn text_of(file: &ScenarioFile) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(file)?;
    leave_out_nothing(&mut value);
    let mut text = serde_json::to_string_pretty(&value)?;
    text.push('\n');
    Ok(text)
}

/// A file says nothing where it has nothing to say.
fn leave_out_nothing(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(leave_out_nothing);
        }
        Value::Array(elements) => elements.iter_mut().for_each(leave_out_nothing),
        _ => {}
    }
}

/// Writes it into `folder`, which is made where it is not there; returns the file.
///
/// # Errors
/// [`SaveError`].
pub fn save(file: &ScenarioFile, folder: &Path) -> Result<PathBuf, SaveError> {
    let path = folder.join(format!("{}.json", file.name));
    let text = text_of(file)?;
    parse_scenario(&path.display().to_string(), Some(&file.name), text.clone())?;
    fs::create_dir_all(folder).map_err(|cause| SaveError::Folder {
        path: folder.to_owned(),
        cause,
    })?;
    files::write(&path, text)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read_scenario;
    use crate::swarm::drawing::draw;
    use crate::swarm::frame::tests::frame;

    #[test]
    fn what_is_saved_is_read_again() {
        let file = draw(&frame("firmware_quirk"), 5);
        let folder = tempfile::tempdir().unwrap();
        let path = save(&file, &folder.path().join("found")).unwrap();
        assert!(path.ends_with("found/a-seed-5.json"));
        assert_eq!(read_scenario(&path).unwrap(), file);
    }
}
