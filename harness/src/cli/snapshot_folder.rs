//! A folder of snapshots, one canonical JSON file for each run.

use crate::report::difference;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of snapshots.
#[derive(Debug)]
pub struct SnapshotFolder {
    folder: PathBuf,
    update: bool,
    seen: BTreeSet<String>,
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
            seen: BTreeSet::new(),
        }
    }

    /// Compares or writes the snapshot of this name.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub fn visit(&mut self, name: &str, text: &str) -> io::Result<Verdict> {
        let file = self.folder.join(format!("{name}.json"));
        self.seen.insert(format!("{name}.json"));
        let old = match fs::read_to_string(&file) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match old {
            Some(old) if old == text => Ok(Verdict::Same),
            _ if self.update => {
                fs::create_dir_all(&self.folder)?;
                fs::write(&file, text)?;
                Ok(Verdict::Written)
            }
            None => Ok(Verdict::Missing),
            Some(old) => Ok(Verdict::Different(difference::of_texts(&old, text))),
        }
    }

    /// Files below this prefix of names, of our own driver, that no run has visited; with `update` they are gone afterwards.
    ///
    /// # Errors
    /// Where the folder cannot be read, or a file not be removed.
    pub fn stale(&self, prefix: &str) -> io::Result<Vec<PathBuf>> {
        let mut stale = Vec::new();
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(stale),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_ours = is_snapshot(&name) && !name.ends_with("@linux.json");
            if is_ours && name.starts_with(prefix) && !self.seen.contains(&name) {
                stale.push(entry.path());
            }
        }
        stale.sort();
        if self.update {
            stale.iter().try_for_each(fs::remove_file)?;
        }
        Ok(stale)
    }
}

/// Whether a file's name is one that [`SnapshotFolder::visit`] gives.
fn is_snapshot(name: &str) -> bool {
    name.strip_suffix(".json").is_some_and(|stem| stem.contains('@'))
}
