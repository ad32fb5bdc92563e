//! Whether a part of the kit is what was fetched: every file against its hash, before it is used.
//!
//! A file is read and hashed once in each process that uses it: the 194 MB of QEMU and Linux take 0.2 s of processor
//! time where the processor has instructions for SHA-256. Nothing of it is kept from one process to the next: how a file
//! looks (its length, its times) is what whoever changes it can keep, and what a failing disk does not change.

use super::cache::Cache;
use super::digest::sha256;
use super::manifest::{KeyFile, Part, Tally};
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How files looked when this process found their hashes right: several guests use the same kit.
static VERIFIED: Mutex<BTreeMap<PathBuf, Look>> = Mutex::new(BTreeMap::new());

/// How a file looks without being read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    sha256: String,
    size: u64,
    device: u64,
    inode: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Look {
    fn of(about: &Metadata, sha256: &str) -> Self {
        Self {
            sha256: sha256.to_owned(),
            size: about.size(),
            device: about.dev(),
            inode: about.ino(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }
}

/// What is wrong with the part, if anything.
pub(super) fn damage(cache: &Cache, part: &Part) -> Option<String> {
    let root = part.root(cache);
    // Held throughout: of several that want the same part, one reads it.
    let mut verified = VERIFIED.lock().unwrap_or_else(PoisonError::into_inner);
    for file in part.known_files() {
        if let Err(damage) = verify(&root, file, &mut verified) {
            return Some(damage);
        }
    }
    // What nobody has listed is found by its number: a module that was added would be preferred to the kit's own. And of a
    // kit that was fetched before every file had a hash, what went missing shows at least.
    Tally::of(&root).map_or_else(
        |error| Some(error.to_string()),
        |tally| part.tally.difference(tally),
    )
}

fn verify(root: &Path, file: &KeyFile, verified: &mut BTreeMap<PathBuf, Look>) -> Result<(), String> {
    let shown = file.path.display();
    let path = root.join(&file.path);
    let about = fs::metadata(&path).map_err(|error| format!("{shown}: {error}"))?;
    if about.len() != file.size {
        return Err(format!("{shown} has {} of {} bytes", about.len(), file.size));
    }
    let look = Look::of(&about, &file.sha256);
    if verified.get(&path) == Some(&look) {
        return Ok(());
    }
    match sha256(&path) {
        Ok(found) if found == file.sha256 => {
            verified.insert(path, look);
            Ok(())
        }
        Ok(_) => Err(format!("{shown} has changed")),
        Err(error) => Err(error.to_string()),
    }
}
