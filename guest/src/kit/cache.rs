//! The folder that all clones of the project share, and what is where in it.
//!
//! ```text
//! kit.json            what is there; written last
//! lock                held by a setup while it changes something
//! apt/                apt's own state while something is fetched
//! qemu/               QEMU and its libraries, unpacked
//! linux-<release>/    vmlinuz and modules
//! workshop-<release>/ compiler, headers and source for that kernel
//! builds/             what the workshop has built
//! ```

use super::KitError;
use super::report::SetupReport;
use std::env;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The cache folder.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

/// The right to change the cache, until it is dropped and every program that has a share of it has ended.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// A share of the lock as a program's standard input, which reads as empty. A setup that is killed leaves its
    /// programs at work for a while; the next one must wait for them.
    fn share(&self) -> Result<Stdio, KitError> {
        let file = self.file.try_clone().map_err(KitError::file(&self.path))?;
        Ok(Stdio::from(file))
    }

    /// A program that has a share of the lock, and speaks English.
    pub fn command(&self, program: &str) -> Result<Command, KitError> {
        let mut command = Command::new(program);
        command.env("LC_ALL", "C").stdin(self.share()?);
        Ok(command)
    }
}

impl Cache {
    /// `mlx5-cosim` in the user's cache folder.
    pub fn of_user() -> Result<Self, KitError> {
        let absolute = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
        match base {
            Some(base) => Ok(Self::at(base.join("mlx5-cosim"))),
            None => Err(KitError::Unfit {
                what: "there is no place for a cache".to_owned(),
                help: "set HOME or XDG_CACHE_HOME to an absolute path".to_owned(),
            }),
        }
    }

    /// The cache in the folder `root`, which may not exist yet.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> PathBuf {
        self.root.join("kit.json")
    }

    /// apt's folder.
    #[must_use]
    pub fn apt(&self) -> PathBuf {
        self.root.join("apt")
    }

    /// Waits until no other setup is at work.
    pub fn lock(&self, report: &mut dyn SetupReport) -> Result<Lock, KitError> {
        fs::create_dir_all(&self.root).map_err(KitError::file(&self.root))?;
        let path = self.root.join("lock");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(KitError::file(&path))?;
        if file.try_lock().is_err() {
            report.note("Another setup is at work; waiting for it");
            file.lock().map_err(KitError::file(&path))?;
        }
        Ok(Lock { path, file })
    }

    /// An empty folder in which the part `name` is put together.
    pub fn staging(&self, name: &str) -> Result<PathBuf, KitError> {
        let path = self.root.join(format!("{name}.staging"));
        remove(&path)?;
        fs::create_dir_all(&path).map_err(KitError::file(&path))?;
        Ok(path)
    }

    /// Puts the finished folder `built` in the place of the part `name`.
    pub fn place(&self, built: &Path, name: &str) -> Result<(), KitError> {
        let place = self.root.join(name);
        let old = self.root.join(format!("{name}.old"));
        remove(&old)?;
        // A QEMU that still runs out of the old folder keeps its open files.
        match fs::rename(&place, &old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(KitError::file(&place)(error));
            }
            _ => {}
        }
        fs::rename(built, &place).map_err(KitError::file(&place))?;
        remove(&old)
    }

    /// Removes what setups that were killed have left behind. Only for who has the lock.
    pub fn sweep(&self) -> Result<(), KitError> {
        self.leftovers()?.iter().try_for_each(|left| remove(left))
    }

    /// What setups that were killed have left behind, or what one that is at work works on.
    pub fn leftovers(&self) -> Result<Vec<PathBuf>, KitError> {
        let mut leftovers = Vec::new();
        if !self.root.exists() {
            return Ok(leftovers);
        }
        for entry in fs::read_dir(&self.root).map_err(KitError::file(&self.root))? {
            let path = entry.map_err(KitError::file(&self.root))?.path();
            let left = path
                .extension()
                .is_some_and(|extension| extension == "staging" || extension == "old");
            if left && path.is_dir() {
                leftovers.push(path);
            }
        }
        Ok(leftovers)
    }
}

/// Removes a folder with all that is in it; that there is none is fine.
pub fn remove(folder: &Path) -> Result<(), KitError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KitError::file(folder)(error)),
        _ => Ok(()),
    }
}

/// Writes `text` so that a reader sees the old or the new file, never half of one.
pub fn write_at_once(path: &Path, text: &str) -> Result<(), KitError> {
    files::write(path, text).map_err(|error| KitError::file(path)(error.cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_takes_the_place_of_its_predecessor() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("kit"));
        for text in ["first", "second"] {
            let staging = cache.staging("qemu").unwrap();
            fs::write(staging.join("file"), text).unwrap();
            cache.place(&staging, "qemu").unwrap();
            assert_eq!(fs::read_to_string(cache.root().join("qemu/file")).unwrap(), text);
        }
        assert_eq!(fs::read_dir(cache.root()).unwrap().count(), 1);

        cache.staging("linux-7.2.12").unwrap();
        cache.sweep().unwrap();
        assert_eq!(fs::read_dir(cache.root()).unwrap().count(), 1);
    }
}
