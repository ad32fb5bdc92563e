//! `builds/` in the cache: what was built, by a hash of all that it was built from.
//!
//! ```text
//! bench-<hash>/     the distribution's source, compiled with one configuration; patched ones begin as copies of it
//! module-<hash>/    a module with the kernel's other modules beside it, which are links to those of the kit
//! *.staging         on its way
//! ```

use crate::kit::KitError;
use crate::kit::cache::{Cache, remove};
use crate::kit::manifest::each_file;
use crate::kit::modules;
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Modules that are kept; the one that was used longest ago goes first.
const KEPT_MODULES: usize = 24;

/// Benches that are kept: each is some 70 MB.
const KEPT_BENCHES: usize = 4;

const MODULE: &str = "module-";
const BENCH: &str = "bench-";

/// See the module's head. Only who has the cache's lock changes anything here.
#[derive(Clone, Debug)]
pub(super) struct Builds {
    folder: PathBuf,
}

impl Builds {
    pub(super) fn of(cache: &Cache) -> Result<Self, KitError> {
        let folder = cache.root().join("builds");
        fs::create_dir_all(&folder).map_err(KitError::file(&folder))?;
        Ok(Self { folder })
    }

    pub(super) fn module(&self, hash: &str) -> PathBuf {
        self.folder.join(format!("{MODULE}{hash}"))
    }

    pub(super) fn bench(&self, hash: &str) -> PathBuf {
        self.folder.join(format!("{BENCH}{hash}"))
    }

    /// Where make's words go; those of a build that failed stay until the next one of the same source.
    pub(super) fn log(&self, hash: &str) -> PathBuf {
        self.folder.join(format!("{hash}.log"))
    }

    /// An empty folder for a build.
    pub(super) fn staging(&self, hash: &str) -> Result<PathBuf, KitError> {
        let path = self.folder.join(format!("{hash}.staging"));
        remove(&path)?;
        fs::create_dir(&path).map_err(KitError::file(&path))?;
        Ok(path)
    }

    /// Puts what was built in its place.
    pub(super) fn place(&self, built: &Path, place: &Path) -> Result<(), KitError> {
        remove(place)?;
        fs::rename(built, place).map_err(KitError::file(place))
    }

    /// Takes down that a build was used just now.
    pub(super) fn touch(place: &Path) {
        // In a cache that is only lent nothing is removed, either.
        if let Ok(folder) = File::open(place) {
            let now = Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_NOW,
            };
            let times = Timestamps {
                last_access: now,
                last_modification: now,
            };
            let _ = futimens(folder, &times);
        }
    }

    /// Removes what is more than is kept, and what builds that were killed have left behind.
    pub(super) fn tidy(&self) -> Result<(), KitError> {
        for (kind, kept) in [(MODULE, KEPT_MODULES), (BENCH, KEPT_BENCHES)] {
            let mut found = Vec::new();
            for path in self.entries()? {
                if name_of(&path).starts_with(kind) {
                    let used = fs::metadata(&path).and_then(|about| about.modified());
                    found.push((used.map_err(KitError::file(&path))?, path));
                }
            }
            found.sort();
            let superfluous = found.len().saturating_sub(kept);
            for (_, path) in found.into_iter().take(superfluous) {
                remove(&path)?;
            }
        }
        let left = self.entries()?.into_iter();
        left.filter(|path| name_of(path).ends_with(".staging"))
            .try_for_each(|path| remove(&path))
    }

    fn entries(&self) -> Result<Vec<PathBuf>, KitError> {
        let failed = || KitError::file(&self.folder);
        let entries = fs::read_dir(&self.folder).map_err(failed())?;
        entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(failed()))
            .collect()
    }
}

fn name_of(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

/// Puts `module` into `folder`, with the modules of the kernel `linux`, all but the driver that it stands in for.
pub(super) fn with_the_others(module: &Path, linux: &Path, folder: &Path) -> Result<(), KitError> {
    let old = modules::driver(linux)?;
    let mut files = Vec::new();
    each_file(&linux.join("kernel"), &mut |path, _| files.push(path.to_owned()))?;
    for file in files {
        if old.as_ref() == Some(&file) {
            continue;
        }
        let place = folder.join(file.strip_prefix(linux).unwrap_or(&file));
        let parent = place.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(KitError::file(parent))?;
        // They are a hundred megabytes; where there can be no links they are copied.
        if fs::hard_link(&file, &place).is_err() {
            fs::copy(&file, &place).map_err(KitError::file(&place))?;
        }
    }
    let place = folder.join(module.file_name().unwrap_or_default());
    fs::copy(module, &place).map_err(KitError::file(&place))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_other_modules_come_along() {
        let folder = tempfile::tempdir().unwrap();
        let linux = folder.path().join("linux");
        for name in ["kernel/core/mlx5_core.ko.xz", "kernel/mlxfw.ko.xz"] {
            let path = linux.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let module = folder.path().join("mlx5_core.ko");
        fs::write(&module, "built").unwrap();
        let tree = folder.path().join("tree");
        with_the_others(&module, &linux, &tree).unwrap();
        assert!(tree.join("kernel/mlxfw.ko.xz").exists());
        assert_eq!(modules::driver(&tree).unwrap(), Some(tree.join("mlx5_core.ko")));
    }

    #[test]
    fn what_was_used_longest_ago_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let builds = Builds::of(&Cache::at(folder.path().to_owned())).unwrap();
        for number in 0..KEPT_MODULES + 2 {
            let place = builds.module(&number.to_string());
            fs::create_dir(&place).unwrap();
            let age = Duration::from_secs(1000 - u64::try_from(number).unwrap());
            let now = fs::metadata(folder.path()).unwrap().modified().unwrap();
            File::open(&place).unwrap().set_modified(now - age).unwrap();
        }
        builds.staging("killed").unwrap();
        Builds::touch(&builds.module("0"));
        builds.tidy().unwrap();
        let left = builds.entries().unwrap();
        assert_eq!(left.len(), KEPT_MODULES);
        assert!(left.contains(&builds.module("0")));
        assert!(!left.contains(&builds.module("1")) && !left.contains(&builds.module("2")));
    }
}
