//! Scenarios that are kept: what was drawn, and what was found.

use crate::cli::exit::Exit;
use crate::cli::streams;
use crate::cli::swarm_arguments::{SwarmArguments, SwarmBounds};
use crate::scenario::ScenarioFile;
use crate::swarm::drawing::draw_all;
use crate::swarm::saving::save;
use std::path::Path;

/// Saves what these seeds draw where everything is drawn.
pub(in crate::cli) fn draw(bounds: &SwarmBounds, arguments: &SwarmArguments) -> Exit {
    let (class, reach) = (arguments.class.reachability(), arguments.reach());
    let drawn = bounds.seeds.clone().map(|seed| draw_all(class, reach, seed));
    keep_all(drawn, &arguments.out)
}

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
