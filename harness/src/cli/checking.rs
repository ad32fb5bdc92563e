//! `check`: validates files.

use crate::cli::diagnostic;
use crate::cli::exit::Exit;
use crate::cli::library;
use crate::cli::selection::files;
use crate::cli::streams;
use crate::scenario::ReadError;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(super) fn check(paths: &[PathBuf]) -> Exit {
    let files = match files(paths) {
        Ok(files) => files,
        Err(error) => {
            streams::error(&error);
            return Exit::Usage;
        }
    };
    if files.is_empty() {
        streams::note("no scenario files there");
        return Exit::NothingSelected;
    }
    let (mut problems, mut invalid) = (0, 0);
    let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in &files {
        match library::read(file) {
            Ok(scenario) => {
                if let Some(first) = names.insert(scenario.name.clone(), file.clone()) {
                    streams::note(format_args!(
                        "{}: `{}` is the name of {}, too",
                        file.display(),
                        scenario.name,
                        first.display()
                    ));
                    problems += 1;
                    invalid += 1;
                }
            }
            Err(error) => {
                problems += match &error {
                    ReadError::Invalid(found) => found.number(),
                    ReadError::Unreadable { .. } | ReadError::TooLarge { .. } => 1,
                };
                invalid += 1;
                diagnostic::print(&error);
            }
        }
    }
    let plural =
        |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
    if invalid == 0 {
        streams::note(format_args!("{} valid", plural(files.len(), "scenario")));
        return Exit::AsExpected;
    }
    streams::note(format_args!(
        "{} in {} of {}",
        plural(problems, "problem"),
        invalid,
        plural(files.len(), "scenario")
    ));
    Exit::InvalidScenario
}
