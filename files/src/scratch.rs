//! Temporary folders. A process that is killed leaves its own behind; the next one removes it.
//!
//! A folder is named after the process that made it, which holds a lock on a file in it for as long as it lives: a
//! process number may mean another process by now, or one in another container.

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, geteuid, test_kill_process};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use tempfile::TempDir;

/// How the names of temporary folders begin.
const PREFIX: &str = "mlx5-cosim-";

/// The file in a folder that is locked while the folder is in use.
const LOCK: &str = ".in-use";

/// A temporary folder for the user alone. It goes with this value.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    // Its lock goes when the process does.
    _lock: File,
}

impl Scratch {
    /// Makes one, and removes those that killed processes have left.
    ///
    /// # Errors
    /// What the system says, with the folder in which it should have been.
    pub fn new() -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(base: &Path) -> io::Result<Self> {
        sweep(base);
        let named = |cause: io::Error| io::Error::new(cause.kind(), format!("{}: {cause}", base.display()));
        let folder = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(base)
            .map_err(named)?;
        let lock = File::create(folder.path().join(LOCK)).map_err(named)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|errno| named(errno.into()))?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of processes that have ended. What cannot be removed stays.
fn sweep(base: &Path) {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let maker = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split_once('-')?.0.parse().ok());
        let is_own = || {
            entry
                .metadata()
                .is_ok_and(|about| about.is_dir() && about.uid() == geteuid().as_raw())
        };
        if maker.is_some_and(is_gone) && is_own() && !is_in_use(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether somebody holds the folder's lock.
fn is_in_use(folder: &Path) -> bool {
    let Ok(lock) = File::open(folder.join(LOCK)) else {
        // It was killed before it could lock anything.
        return false;
    };
    flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err()
}

/// Whether the process of this number has ended.
pub(crate) fn is_gone(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of a process that has ended.
    fn gone() -> u32 {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn what_is_a_link_or_in_use_is_not_swept() {
        let (base, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let kept = other.path().join("kept");
        fs::write(&kept, "").unwrap();
        let link = base.path().join(format!("{PREFIX}{}-link", gone()));
        std::os::unix::fs::symlink(other.path(), &link).unwrap();
        // One that has links in it goes, and they with it, and nothing behind them.
        let left = base.path().join(format!("{PREFIX}{}-left", gone()));
        fs::create_dir(&left).unwrap();
        std::os::unix::fs::symlink(other.path(), left.join("folder")).unwrap();
        std::os::unix::fs::symlink(&kept, left.join(LOCK)).unwrap();
        let in_use = Scratch::new_in(base.path()).unwrap();
        let _next = Scratch::new_in(base.path()).unwrap();
        assert!(link.is_symlink() && kept.exists() && in_use.path().exists());
        assert!(!left.exists());
    }

    #[test]
    fn folders_of_killed_processes_are_swept() {
        let base = tempfile::tempdir().unwrap();
        let gone = gone();
        let make = |name: &str| {
            let path = base.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("pf.sock"), "").unwrap();
            path
        };
        let left = make(&format!("{PREFIX}{gone}-abc"));
        let alive = make(&format!("{PREFIX}{}-abc", std::process::id()));
        let foreign = make("something-else");
        let locked = make(&format!("{PREFIX}{gone}-def"));
        let lock = File::create(locked.join(LOCK)).unwrap();
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        let scratch = Scratch::new_in(base.path()).unwrap();
        assert!(!left.exists());
        assert!(alive.exists() && foreign.exists() && locked.exists());
        let path = scratch.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        drop(scratch);
        assert!(!path.exists());
    }
}
