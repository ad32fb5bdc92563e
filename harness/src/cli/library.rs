//! Scenarios and devices by name: those in the folder `scenarios` where the tool is used, or, where there is none, those
//! that the program carries with it.

use crate::cli::naming::qualified_name;
use crate::scenario::{
    ReadError, ScenarioFile, parse_device, parse_scenario, read_device, read_scenario, scenario_files,
};
use emulator::DeviceConfig;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Where scenarios lie; what a selection is without any path.
pub const FOLDER: &str = "scenarios";

/// Where devices lie.
const DEVICES: &str = "devices";

/// The project's scenarios, by their names, sorted.
static SCENARIOS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// The project's devices.
static CARRIED_DEVICES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/devices.rs"));

/// Why a word of the command line stands for no file.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The file or folder cannot be read.
    #[error("{}: {cause}", .path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// There is nothing of this name.
    #[error("{}: no file, folder or scenario has this name{hint}", .path.display())]
    Unknown {
        /// The word.
        path: PathBuf,
        /// What may have been meant, on lines of its own.
        hint: String,
    },
}

/// The files that a word stands for: a file, all in a folder, or what a name or the beginning of names says.
///
/// Files that the program carries have paths, too, as `scenarios/page-waits/count-order.json`; [`read`] knows them.
///
/// # Errors
/// [`LookupError`].
pub fn look_up(path: &Path) -> Result<Vec<PathBuf>, LookupError> {
    let unreadable = |cause| LookupError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    // A broken link is a path, too, and its error says more than a name that is not known.
    if path.symlink_metadata().is_ok() {
        return scenario_files(path).map_err(unreadable);
    }
    let known = known().map_err(unreadable)?;
    let found = by_name(&word(path), &known);
    if found.is_empty() {
        return Err(LookupError::Unknown {
            path: path.to_owned(),
            hint: hint(&word(path), &known),
        });
    }
    Ok(found)
}

/// Every scenario by its name.
fn known() -> io::Result<BTreeMap<String, PathBuf>> {
    let folder = Path::new(FOLDER);
    if folder.is_dir() {
        let files = scenario_files(folder)?;
        return Ok(files
            .into_iter()
            .map(|file| (qualified_name(&file), file))
            .collect());
    }
    let carried = SCENARIOS.iter();
    Ok(carried
        .map(|(name, _)| ((*name).to_owned(), folder.join(format!("{name}.json"))))
        .collect())
}

/// The name that a path is: `./scenarios/page-waits/` is `page-waits`, `scenarios` is the empty one, of everything.
fn word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = text.trim_start_matches("./").trim_end_matches('/');
    let text = text.strip_suffix(".json").unwrap_or(text);
    match text.strip_prefix(FOLDER) {
        Some("") => String::new(),
        Some(inside) => inside.strip_prefix('/').unwrap_or(text).to_owned(),
        None => text.to_owned(),
    }
}

fn by_name(word: &str, known: &BTreeMap<String, PathBuf>) -> Vec<PathBuf> {
    if let Some(file) = known.get(word) {
        return vec![file.clone()];
    }
    let below = if word.is_empty() {
        String::new()
    } else {
        format!("{word}/")
    };
    let files = |is_meant: &dyn Fn(&str) -> bool| -> Vec<PathBuf> {
        let meant = known.iter().filter(|(name, _)| is_meant(name));
        meant.map(|(_, file)| file.clone()).collect()
    };
    let inside = files(&|name| name.starts_with(&below));
    if inside.is_empty() {
        // The scenario's own name, without its folder.
        files(&|name| name.rsplit('/').next() == Some(word))
    } else {
        inside
    }
}

/// The names that `word` is most likely meant to be.
fn hint(word: &str, known: &BTreeMap<String, PathBuf>) -> String {
    const LIKE: f64 = 0.75;
    const MOST: usize = 3;
    let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let mut scored: Vec<(f64, &String)> = known
        .keys()
        .map(|name| {
            let whole = strsim::jaro_winkler(word, name);
            (whole.max(strsim::jaro_winkler(&last(word), &last(name))), name)
        })
        .filter(|(score, _)| *score > LIKE)
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    let near: Vec<String> = scored
        .iter()
        .take(MOST)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    if near.is_empty() {
        "\n  hint: `mlx5-cosim list` prints the names".to_owned()
    } else {
        format!("\n  hint: did you mean {}?", near.join(" or "))
    }
}

/// What the program carries under a path, if nothing on the disk has it.
fn carried(path: &Path, folder: &str, texts: &[(&str, &'static str)]) -> Option<&'static str> {
    if path.symlink_metadata().is_ok() || Path::new(folder).is_dir() {
        return None;
    }
    let inside = path.strip_prefix(folder).ok()?.with_extension("");
    let name = inside.to_str()?;
    let carried = texts.iter().find(|(carried, _)| *carried == name);
    carried.map(|(_, text)| *text)
}

/// Reads and judges a scenario, from the disk or from what the program carries.
///
/// # Errors
/// [`ReadError`] with everything that is wrong.
pub fn read(file: &Path) -> Result<ScenarioFile, ReadError> {
    let Some(text) = carried(file, FOLDER, SCENARIOS) else {
        return read_scenario(file);
    };
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    Ok(parse_scenario(
        &file.display().to_string(),
        stem,
        text.to_owned(),
    )?)
}

/// The text of a scenario that [`read`] has read.
///
/// # Errors
/// Where it can no longer be read.
pub fn text(file: &Path) -> io::Result<String> {
    match carried(file, FOLDER, SCENARIOS) {
        Some(text) => Ok(text.to_owned()),
        None => std::fs::read_to_string(file),
    }
}

/// Whether the program carries this scenario, so that nobody can write to it.
pub fn is_carried(file: &Path) -> bool {
    carried(file, FOLDER, SCENARIOS).is_some()
}

/// Reads and judges a device: a file of its own, or the one of a scenario, which may be named.
///
/// # Errors
/// [`ReadError`] with everything that is wrong.
pub fn device(file: &Path) -> Result<DeviceConfig, ReadError> {
    if let Some(text) = carried(file, DEVICES, CARRIED_DEVICES) {
        return Ok(parse_device(&file.display().to_string(), text.to_owned())?);
    }
    let named = look_up(file).unwrap_or_default();
    match named.as_slice() {
        [scenario] if *scenario != file => Ok(read(scenario)?.device),
        [scenario] if is_carried(scenario) => Ok(read(scenario)?.device),
        _ => read_device(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_among_the_scenarios_is_a_name() {
        for (path, name) in [
            ("page-waits", "page-waits"),
            ("./scenarios/page-waits/", "page-waits"),
            ("scenarios/page-waits/count-order.json", "page-waits/count-order"),
            ("scenarios", ""),
            ("scenarios-of-mine/a", "scenarios-of-mine/a"),
        ] {
            assert_eq!(word(Path::new(path)), name);
        }
    }

    #[test]
    fn names_folders_and_last_names_are_found() {
        let known: BTreeMap<String, PathBuf> = ["waits/a", "waits/b", "locks/c"]
            .into_iter()
            .map(|name| (name.to_owned(), PathBuf::from(name)))
            .collect();
        let count = |word| by_name(word, &known).len();
        assert_eq!(
            [
                count("waits/a"),
                count("waits"),
                count(""),
                count("c"),
                count("wait")
            ],
            [1, 2, 3, 1, 0]
        );
        assert!(hint("waits/aa", &known).contains("`waits/a`"));
        assert!(hint("zzz", &known).contains("list"));
    }

    #[test]
    fn everything_that_is_carried_is_valid() {
        for (name, text) in SCENARIOS {
            let stem = name.rsplit('/').next();
            assert!(parse_scenario(name, stem, (*text).to_owned()).is_ok(), "{name}");
        }
        for (name, text) in CARRIED_DEVICES {
            assert!(parse_device(name, (*text).to_owned()).is_ok(), "{name}");
        }
        assert!(SCENARIOS.len() > 90 && !CARRIED_DEVICES.is_empty());
    }
}
