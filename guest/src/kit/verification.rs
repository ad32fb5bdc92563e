//! Whether a part of the kit is what was fetched: every file against its hash, before it is used.
//!
//! Two hundred megabytes take a second to hash. So `verified.json` keeps how each file looked when its hash was right:
//! inode, length, and the times of its last change, of which `ctime` cannot be set by hand. A file that looks the same
//! is taken to be the same; every other one is hashed again.

use super::cache::Cache;
use super::digest::sha256;
use super::manifest::{KeyFile, Part, Tally};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The form of the file; one of another form is as good as none.
const FORM: u32 = 1;

/// How files looked when their hashes were right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Verified {
    form: u32,
    /// By their places in the cache.
    files: BTreeMap<String, Look>,
}

/// How a file looks without being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl Verified {
    fn read(cache: &Cache) -> Self {
        fs::read(cache.verified())
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .filter(|verified: &Self| verified.form == FORM)
            .unwrap_or_else(|| Self {
                form: FORM,
                files: BTreeMap::new(),
            })
    }

    /// Keeps it. Where that cannot be, as in a cache that is only lent, the next use hashes again.
    fn write(&self, cache: &Cache) {
        if let Ok(text) = serde_json::to_string(self) {
            let _ = files::write(&cache.verified(), text + "\n");
        }
    }
}

/// What is wrong with the part, if anything.
pub(super) fn damage(cache: &Cache, part: &Part) -> Option<String> {
    let root = part.root(cache);
    let mut verified = Verified::read(cache);
    let before = verified.clone();
    for file in part.known_files() {
        let place = Path::new(&part.folder)
            .join(&file.path)
            .to_string_lossy()
            .into_owned();
        if let Err(damage) = verify(&root, file, &place, &mut verified) {
            return Some(damage);
        }
    }
    if verified != before {
        verified.write(cache);
    }
    // A kit that was fetched before every file had a hash: what went missing or was cut short shows at least.
    if part.files.is_empty()
        && let Ok(tally) = Tally::of(&root)
    {
        return part.tally.difference(tally);
    }
    None
}

fn verify(root: &Path, file: &KeyFile, place: &str, verified: &mut Verified) -> Result<(), String> {
    let shown = file.path.display();
    let path = root.join(&file.path);
    let about = fs::metadata(&path).map_err(|error| format!("{shown}: {error}"))?;
    if about.len() != file.size {
        return Err(format!("{shown} has {} of {} bytes", about.len(), file.size));
    }
    let look = Look::of(&about, &file.sha256);
    if verified.files.get(place) == Some(&look) {
        return Ok(());
    }
    match sha256(&path) {
        Ok(found) if found == file.sha256 => {
            verified.files.insert(place.to_owned(), look);
            Ok(())
        }
        Ok(_) => Err(format!("{shown} has changed")),
        Err(error) => Err(error.to_string()),
    }
}
