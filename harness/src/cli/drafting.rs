//! `init`: a scenario of one's own that begins as another one.
//!
//! A scenario file is plain JSON, which has no comments; a step's `note` is the place for what a reader should know. The draft
//! says in each what the step does, and holds the numbers of the other scenario, so that it passes as it stands: change a step,
//! run it, and see what becomes of them.

use crate::cli::diagnostic;
use crate::cli::exit::Exit;
use crate::cli::library;
use crate::cli::streams;
use crate::cli::text_edit::set;
use crate::scenario::explanation::sentence;
use crate::scenario::{ScenarioFile, parse_scenario};
use clap::Args;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// What `init` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct InitArguments {
    /// Name of the new scenario, as `my-case` or `folder/my-case`: it is written below `scenarios`, where there is such a folder, or
    /// here. What ends in `.json` is the file itself.
    name: PathBuf,
    /// The scenario that it begins as.
    #[arg(long, value_name = "SCENARIO")]
    like: PathBuf,
}

/// Where editors find the schema.
const SCHEMA: &str = "scenario.schema.json";

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
enum DraftError {
    #[error("{}: these are {number} scenarios; one of them is to be begun anew", .name.display())]
    Several { name: PathBuf, number: usize },
    #[error("{}: this is no name of a file", .name.display())]
    NoName { name: PathBuf },
    #[error("{}: it is there already", .file.display())]
    Taken { file: PathBuf },
    #[error("{}: {cause}", .file.display())]
    File {
        file: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{}: it cannot be changed into another scenario", .file.display())]
    Unlike { file: PathBuf },
}

pub(super) fn init(arguments: &InitArguments) -> Exit {
    let like = match library::look_up(&arguments.like) {
        Ok(files) => files,
        Err(error) => {
            streams::error(error);
            return Exit::Usage;
        }
    };
    let [like] = like.as_slice() else {
        streams::error(DraftError::Several {
            name: arguments.like.clone(),
            number: like.len(),
        });
        return Exit::Usage;
    };
    let scenario = match library::read(like) {
        Ok(scenario) => scenario,
        Err(error) => {
            diagnostic::print(&error);
            return diagnostic::exit(&error);
        }
    };
    match drafted(&arguments.name, like, &scenario) {
        Ok(file) => {
            let file = file.display();
            streams::out(format_args!(
                "{file}: as {}, every step with a note\n\
                 next: change it, see what it shows by `mlx5-cosim run {file} -v`, and write that into it by `--accept`\n",
                like.display()
            ));
            Exit::AsExpected
        }
        Err(error @ DraftError::File { .. }) => {
            streams::error(error);
            Exit::Internal
        }
        Err(error) => {
            streams::error(error);
            Exit::Usage
        }
    }
}

/// Writes the draft. Returns its file.
fn drafted(name: &Path, like: &Path, scenario: &ScenarioFile) -> Result<PathBuf, DraftError> {
    let file = file_of(name, Path::new(library::FOLDER).is_dir());
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    // `..` and its like end in no name.
    let Some(stem) = stem.filter(|_| name.file_name().is_some()) else {
        return Err(DraftError::NoName {
            name: name.to_owned(),
        });
    };
    if file.symlink_metadata().is_ok() {
        return Err(DraftError::Taken { file });
    }
    let failed = |file: &Path| {
        let file = file.to_owned();
        move |cause| DraftError::File { file, cause }
    };
    let text = library::text(like).map_err(failed(like))?;
    let unlike = || DraftError::Unlike {
        file: like.to_owned(),
    };
    let text = draft(&text, stem, &schema_beside(&file), scenario).ok_or_else(unlike)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    files::write(&file, &text).map_err(|error| DraftError::File {
        file: file.clone(),
        cause: error.into(),
    })?;
    Ok(file)
}

/// The file of a name; `has_folder`: there is a folder of scenarios.
fn file_of(name: &Path, has_folder: bool) -> PathBuf {
    if name.extension().is_some_and(|ending| ending == "json") {
        return name.to_owned();
    }
    let mut file = name.as_os_str().to_owned();
    file.push(".json");
    if has_folder && name.is_relative() && !name.starts_with(library::FOLDER) {
        Path::new(library::FOLDER).join(file)
    } else {
        file.into()
    }
}

/// The way from a file to the schema, which lies in one of the folders above it or is yet to be written beside it.
fn schema_beside(file: &Path) -> String {
    let mut way = String::new();
    for folder in file.ancestors().skip(1) {
        if folder.join(SCHEMA).is_file() {
            return way + SCHEMA;
        }
        way.push_str("../");
    }
    SCHEMA.to_owned()
}

/// The text of a scenario that begins as another one; `None` where that has not the form of a scenario.
fn draft(text: &str, name: &str, schema: &str, scenario: &ScenarioFile) -> Option<String> {
    let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let concern = format!(
        "What can go wrong, in one sentence. (It began as {}.)",
        scenario.name
    );
    let why = "Why the numbers are what they are.";
    let mut text = text.to_owned();
    for (member, value) in [
        ("$schema", schema),
        ("name", name),
        ("row", "new"),
        ("concern", &*concern),
        ("why", why),
    ] {
        text = set(&text, &path(&[member]), &Value::from(value).to_string())?;
    }
    for (place, step) in scenario.steps.iter().enumerate() {
        let told = step.action().map(|action| sentence(action, step));
        let notes = told.into_iter().chain(step.note.clone());
        let note = notes.collect::<Vec<_>>().join(" ");
        if !note.is_empty() {
            let place = place.to_string();
            text = set(
                &text,
                &path(&["steps", &place, "note"]),
                &Value::from(note).to_string(),
            )?;
        }
    }
    parse_scenario(name, Some(name), text.clone()).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::scenario_files;

    #[test]
    fn a_name_is_a_file_below_the_scenarios_where_there_are_any() {
        for (name, has_folder, file) in [
            ("case", true, "scenarios/case.json"),
            ("waits/case", true, "scenarios/waits/case.json"),
            ("scenarios/waits/case", true, "scenarios/waits/case.json"),
            ("case", false, "case.json"),
            ("v1.2", false, "v1.2.json"),
            ("other/case.json", true, "other/case.json"),
            ("/tmp/case", true, "/tmp/case.json"),
        ] {
            assert_eq!(file_of(Path::new(name), has_folder), Path::new(file), "{name}");
        }
    }

    #[test]
    fn every_scenario_of_the_project_can_be_begun_anew() {
        let files = scenario_files(Path::new("../scenarios")).expect("the scenarios");
        for file in files {
            let (scenario, text) = (
                library::read(&file).expect("valid"),
                library::text(&file).expect("text"),
            );
            let draft = draft(&text, "mine", SCHEMA, &scenario);
            let draft = draft.unwrap_or_else(|| panic!("{}", file.display()));
            let mine = parse_scenario("mine", Some("mine"), draft).expect("valid");
            assert_eq!(mine.steps.len(), scenario.steps.len());
            assert_eq!((mine.expect, mine.device), (scenario.expect, scenario.device));
            assert!(
                mine.steps
                    .iter()
                    .all(|step| step.note.is_some() || step.action().is_none())
            );
        }
    }

    #[test]
    fn the_schema_is_found_in_a_folder_above() {
        let scratch = files::Scratch::new().expect("a folder");
        let file = scratch.path().join("a/b/case.json");
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        assert_eq!(schema_beside(&file), SCHEMA);
        std::fs::write(scratch.path().join(SCHEMA), "{}").expect("a file");
        assert_eq!(schema_beside(&file), format!("../../{SCHEMA}"));
    }
}
