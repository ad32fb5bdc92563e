//! A folder of snapshots, one file for each run, in the form of `insta`: a head between two lines `---`, then the
//! canonical text. The project's own tests write and read the same files.

use crate::cli::job::Job;
use crate::cli::naming::file_stem;
use crate::cli::selection::{Reading, Refused};
use crate::report::difference;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the tests' `insta` writes above a snapshot of theirs.
const HEAD: &str = "---\nsource: harness/tests/scenarios.rs\n---\n";

/// How the names of snapshots end.
const ENDING: &str = ".snap";

/// How the names of snapshots of the Linux driver end.
const OF_LINUX: &str = "@linux";

/// A folder of snapshots.
#[derive(Debug)]
pub struct SnapshotFolder {
    folder: PathBuf,
    update: bool,
}

/// How a run compares with its snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it was.
    Same,
    /// Written now.
    Written,
    /// There was none.
    Missing,
    /// It differs, in these lines.
    Different(String),
}

impl SnapshotFolder {
    /// The snapshots in `folder`; with `update` they are written instead of compared.
    #[must_use]
    pub fn new(folder: &Path, update: bool) -> Self {
        Self {
            folder: folder.to_owned(),
            update,
        }
    }

    /// The file of the snapshot of this name.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{ENDING}"))
    }

    /// Whether snapshots are written.
    #[must_use]
    pub const fn updates(&self) -> bool {
        self.update
    }

    /// Compares, or writes, the snapshot of this name.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub fn visit(&self, name: &str, text: &str) -> io::Result<Verdict> {
        match self.compare(name, text)? {
            Verdict::Same => Ok(Verdict::Same),
            _ if self.update => self.write(name, text).map(|()| Verdict::Written),
            verdict => Ok(verdict),
        }
    }

    /// Compares with the snapshot of this name. As with `insta`, the head says nothing about the run, and blanks at the
    /// end and the form of line ends do not count.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn compare(&self, name: &str, text: &str) -> io::Result<Verdict> {
        let file = self.file(name);
        let old = match fs::read_to_string(&file) {
            Ok(old) => old,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Verdict::Missing),
            Err(error) => return Err(about(&file, &error)),
        };
        let old = difference::without_head(&old);
        Ok(if contents(old) == contents(text) {
            Verdict::Same
        } else {
            Verdict::Different(difference::of_texts(old, text))
        })
    }

    /// Writes the snapshot of this name.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let file = self.file(name);
        fs::create_dir_all(&self.folder).map_err(|error| about(&self.folder, &error))?;
        Ok(files::write(&file, format!("{HEAD}{}\n", contents(text)))?)
    }

    /// Snapshots of our own driver that none of `jobs` has, below those of `paths` that are folders. Of a file that is not valid
    /// nobody knows whether its runs still exist.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn stale(&self, paths: &[PathBuf], reading: &Reading, jobs: &[Job]) -> io::Result<Vec<String>> {
        let below = paths.iter().filter(|path| path.is_dir());
        let prefixes: BTreeSet<String> = below
            .map(|path| {
                let inside = file_stem(&path.join("x.json"));
                inside.trim_end_matches('x').to_owned()
            })
            .collect();
        let known: BTreeSet<String> = jobs.iter().map(Job::file_name).collect();
        let unknown: BTreeSet<String> = reading.errors.iter().map(Refused::file_stem).collect();
        let mut stale = Vec::new();
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            // That it is no folder is told by each run that wants its snapshot.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(stale);
            }
            Err(error) => return Err(about(&self.folder, &error)),
        };
        for entry in entries {
            let file = entry?.file_name().to_string_lossy().into_owned();
            let Some(name) = file.strip_suffix(ENDING) else {
                continue;
            };
            let Some((stem, _)) = name.rsplit_once('@') else {
                continue;
            };
            let below = prefixes.iter().any(|prefix| name.starts_with(prefix));
            if below && !name.ends_with(OF_LINUX) && !known.contains(name) && !unknown.contains(stem) {
                stale.push(name.to_owned());
            }
        }
        stale.sort();
        Ok(stale)
    }

    /// Removes what `insta` has put beside the snapshot of this name, to be looked at.
    ///
    /// # Errors
    /// Where that fails; that there is nothing is none.
    pub fn drop_pending(&self, name: &str) -> io::Result<()> {
        let file = self.folder.join(format!("{name}{ENDING}.new"));
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(about(&file, &error)),
            _ => Ok(()),
        }
    }

    /// Removes the snapshot of this name.
    ///
    /// # Errors
    /// Where that fails.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        let file = self.file(name);
        fs::remove_file(&file).map_err(|error| about(&file, &error))
    }
}

fn about(file: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", file.display()))
}

/// What `insta` compares of a text.
fn contents(text: &str) -> String {
    text.trim_end().replace("\r\n", "\n")
}
