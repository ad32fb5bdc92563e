//! Scenarios that are kept: what was drawn, and what was found.

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::scenario::ScenarioFile;
use crate::swarm::saving::save;
use std::path::Path;

/// Saves each of these, and tells where.
pub(super) fn keep_all(drawn: impl Iterator<Item = ScenarioFile>, folder: &Path) -> Exit {
    for file in drawn {
        match save(&file, folder) {
            Ok(path) => streams::out(format_args!("{}\n", path.display())),
            Err(error) => {
                streams::error(error);
                return Exit::Internal;
            }
        }
    }
    Exit::AsExpected
}

/// Saves one, and returns where it is, in words; that it could not be saved is told, and no better than [`Exit::Internal`].
pub(super) fn keep(file: &ScenarioFile, folder: &Path, worst: &mut Exit) -> String {
    match save(file, folder) {
        Ok(path) => path.display().to_string(),
        Err(error) => {
            streams::error(&error);
            *worst = (*worst).max(Exit::Internal);
            "not saved".to_owned()
        }
    }
}
