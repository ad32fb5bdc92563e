//! What failed when cases were last run, for `run --failed`: one file for each folder that runs were started in, among the
//! user's state.
//!
//! A case stays in it until it passes. Where nothing has failed nothing is written, so that a first run leaves no trace.

use crate::cli::job::Backend;
use crate::cli::library;
use crate::cli::partition::fnv1a;
use crate::record::Outcome;
use crate::report::case::EVERY_REVISION;
use crate::text::reading::{LONGEST_RECORD, read_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A case that failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failed {
    /// The file, as the command line led to it.
    file: String,
    /// Where the driver ran.
    backend: String,
    /// Which driver it was; [`EVERY_REVISION`] where the file itself is wrong.
    driver: String,
}

impl Failed {
    /// A case of `file` on a backend with a driver.
    pub(super) fn new(file: &Path, backend: &str, driver: &str) -> Self {
        Self {
            file: file.display().to_string(),
            backend: backend.to_owned(),
            driver: driver.to_owned(),
        }
    }

    /// The same of the whole file.
    fn whole(&self) -> Self {
        Self {
            driver: EVERY_REVISION.to_owned(),
            ..self.clone()
        }
    }
}

/// What stands in the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The folder, for people who look.
    folder: PathBuf,
    failed: BTreeSet<Failed>,
}

/// What failed in runs from one folder.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// Where it is kept; nowhere if the user has no home.
    file: Option<PathBuf>,
    folder: PathBuf,
    before: BTreeSet<Failed>,
    now: BTreeSet<Failed>,
}

impl Failures {
    /// Those of the folder that the process is in. A file that cannot be understood holds none.
    pub(super) fn of_this_folder() -> Self {
        let Ok(folder) = env::current_dir() else {
            return Self::default();
        };
        Self::of(folder, state_folder().as_deref())
    }

    fn of(folder: PathBuf, state: Option<&Path>) -> Self {
        let name = format!("{:016x}.json", fnv1a(folder.as_os_str().as_encoded_bytes()));
        let file = state.map(|state| state.join("mlx5-cosim").join("failed").join(name));
        let text = file
            .as_ref()
            .and_then(|file| read_text(file, LONGEST_RECORD).ok());
        let kept = text.and_then(|text| serde_json::from_str::<Kept>(&text).ok());
        let before = kept.filter(|kept| kept.folder == folder).map(|kept| kept.failed);
        let before = before.unwrap_or_default();
        Self {
            file,
            folder,
            now: before.clone(),
            before,
        }
    }

    /// The files in which something failed on this backend and that are still there.
    pub(super) fn files(&self, backend: Backend) -> Vec<PathBuf> {
        let backend = backend.to_string();
        let failed = self.before.iter().filter(|failed| failed.backend == backend);
        let files: BTreeSet<PathBuf> = failed.map(|failed| PathBuf::from(&failed.file)).collect();
        let is_there = |file: &PathBuf| file.is_file() || library::is_carried(file);
        files.into_iter().filter(is_there).collect()
    }

    /// Whether this case failed.
    pub(super) fn has(&self, case: &Failed) -> bool {
        self.before.contains(case) || self.before.contains(&case.whole())
    }

    /// How this case ended now. What was skipped has failed if it did before.
    pub(super) fn note(&mut self, case: Failed, outcome: Outcome) {
        match outcome {
            Outcome::Pass => {
                self.now.remove(&case.whole());
                self.now.remove(&case);
            }
            Outcome::Fail => {
                self.now.remove(&case.whole());
                self.now.insert(case);
            }
            Outcome::Skip => {}
        }
    }

    /// Keeps what is known now, if it is anything else than before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn keep(self) -> io::Result<()> {
        let Some(file) = self.file.filter(|_| self.now != self.before) else {
            return Ok(());
        };
        if self.now.is_empty() {
            return match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(about(&file, &error)),
                _ => Ok(()),
            };
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|error| about(folder, &error))?;
        }
        let kept = Kept {
            folder: self.folder,
            failed: self.now,
        };
        let text = serde_json::to_string_pretty(&kept).map_err(io::Error::other)?;
        Ok(files::write(&file, format!("{text}\n"))?)
    }
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Where a user's state lies (XDG Base Directory Specification): paths that are not absolute do not count.
fn state_folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(file: &str, revision: &str) -> Failed {
        Failed::new(Path::new(file), "inproc", revision)
    }

    fn names(failures: &Failures) -> Vec<String> {
        let failed = failures.before.iter();
        failed
            .map(|failed| format!("{}@{}", failed.file, failed.driver))
            .collect()
    }

    #[test]
    fn a_case_is_known_until_it_passes_and_nothing_is_left_when_all_pass() {
        let scratch = files::Scratch::new().expect("a folder");
        let here = || Failures::of("/somewhere".into(), Some(scratch.path()));
        let (one, other) = (case("a.json", "merged"), case("a.json", "robust"));
        let mut first = here();
        first.note(one.clone(), Outcome::Fail);
        first.note(other.clone(), Outcome::Fail);
        first.keep().expect("it can be written");
        assert_eq!(names(&here()), ["a.json@merged", "a.json@robust"]);
        assert!(here().has(&one));

        let mut second = here();
        second.note(one.clone(), Outcome::Pass);
        second.note(other.clone(), Outcome::Skip);
        second.keep().expect("it can be written");
        assert_eq!(names(&here()), ["a.json@robust"]);
        assert_eq!(
            names(&Failures::of("/elsewhere".into(), Some(scratch.path()))),
            [""; 0]
        );

        let mut third = here();
        third.note(other.clone(), Outcome::Pass);
        third.keep().expect("it can be removed");
        let left = fs::read_dir(scratch.path().join("mlx5-cosim/failed")).expect("a folder");
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn a_file_that_was_wrong_stands_for_all_its_runs_until_they_have_run() {
        let mut failures = Failures::default();
        failures.before.insert(case("a.json", EVERY_REVISION));
        failures.now = failures.before.clone();
        let run = case("a.json", "merged");
        assert!(failures.has(&run));
        failures.note(run, Outcome::Pass);
        assert!(failures.now.is_empty());
    }

    #[test]
    fn where_nothing_fails_nothing_is_written() {
        let scratch = files::Scratch::new().expect("a folder");
        let mut failures = Failures::of("/somewhere".into(), Some(scratch.path()));
        failures.note(case("a.json", "merged"), Outcome::Pass);
        failures.keep().expect("nothing to do");
        assert!(!scratch.path().join("mlx5-cosim").exists());
    }

    #[test]
    fn what_cannot_be_understood_holds_nothing() {
        let scratch = files::Scratch::new().expect("a folder");
        let mut first = Failures::of("/somewhere".into(), Some(scratch.path()));
        first.note(case("a.json", "merged"), Outcome::Fail);
        let file = first.file.clone().expect("a file");
        first.keep().expect("it can be written");
        fs::write(&file, "{ no json").expect("it can be written");
        assert!(
            Failures::of("/somewhere".into(), Some(scratch.path()))
                .before
                .is_empty()
        );
    }
}
