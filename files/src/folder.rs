//! Folders for sockets: whoever may write into one can put his own socket in the place of ours.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Write permission of group and others.
const OTHERS_WRITE: u32 = 0o022;
/// Write permission of everybody, and the bit that leaves files to their owners.
const EVERYBODY_WRITES: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// A folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or looked at.
    #[error("{}: {cause}", path.display())]
    System {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It belongs to somebody else.
    #[error("{} belongs to user {owner}: sockets are made in folders of one's own only", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Others may change what is in it.
    #[error(
        "others may write into {} (mode {mode:o}): whoever can may put another socket in the place of ours; \
         use a folder of mode 0700, as below $XDG_RUNTIME_DIR",
        path.display()
    )]
    Open {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

/// The folder with its full path; made for the user alone if it is not there.
///
/// # Errors
/// [`FolderError`], also where others could change what is in it.
pub fn private_folder(path: &Path) -> Result<PathBuf, FolderError> {
    let system = |cause| FolderError::System {
        path: path.to_owned(),
        cause,
    };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(system)?;
    check(path)?;
    std::path::absolute(path).map_err(system)
}

/// Checks that nobody but the user may change what is in the folder at `path`.
///
/// # Errors
/// [`FolderError`].
pub fn check(path: &Path) -> Result<(), FolderError> {
    let system = |path: &Path| {
        let path = path.to_owned();
        move |cause| FolderError::System { path, cause }
    };
    let real = fs::canonicalize(path).map_err(system(path))?;
    let about = fs::metadata(&real).map_err(system(path))?;
    if !about.is_dir() {
        return Err(system(path)(io::ErrorKind::NotADirectory.into()));
    }
    let mode = about.mode() & 0o7777;
    if about.uid() != rustix::process::geteuid().as_raw() {
        let (path, owner) = (path.to_owned(), about.uid());
        return Err(FolderError::Foreign { path, owner });
    }
    if mode & OTHERS_WRITE != 0 {
        let path = path.to_owned();
        return Err(FolderError::Open { path, mode });
    }
    // Who may rename a folder on the way can put another in its place.
    for folder in real.ancestors().skip(1) {
        let mode = fs::metadata(folder).map_err(system(folder))?.mode() & 0o7777;
        if mode & EVERYBODY_WRITES != 0 && mode & STICKY == 0 {
            let path = folder.to_owned();
            return Err(FolderError::Open { path, mode });
        }
    }
    Ok(())
}

/// Checks the folder in which the socket `path` is to be made.
///
/// # Errors
/// [`FolderError`].
pub fn check_around(path: &Path) -> Result<(), FolderError> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => check(folder),
        _ => check(Path::new(".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_new_folder_is_for_the_user_alone() {
        let base = tempfile::tempdir().unwrap();
        let made = private_folder(&base.path().join("a/b")).unwrap();
        assert_eq!(fs::metadata(&made).unwrap().mode() & 0o777, 0o700);
        assert!(check_around(&made.join("control.sock")).is_ok());
    }

    #[test]
    fn folders_that_others_may_change_are_refused() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("sockets");
        fs::create_dir(&folder).unwrap();
        for mode in [0o770, 0o707, 0o1777, 0o777] {
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
            let error = private_folder(&folder).unwrap_err();
            assert!(matches!(error, FolderError::Open { .. }), "{error}");
            assert!(check_around(&folder.join("control.sock")).is_err());
        }
        // One that everybody may rename what is in.
        let inner = folder.join("inner");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(private_folder(&inner).is_err());
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(private_folder(&inner).is_ok());
        // A link leads to a folder, and that one counts.
        let link = base.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(matches!(private_folder(&link), Err(FolderError::Open { .. })));
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let owner = fs::metadata("/proc/1").unwrap().uid();
        if owner != rustix::process::geteuid().as_raw() {
            let error = check(Path::new("/proc/1")).unwrap_err();
            assert!(matches!(error, FolderError::Foreign { .. }), "{error}");
        }
        assert!(matches!(
            check(Path::new("/proc/self/exe")),
            Err(FolderError::System { .. })
        ));
    }
}
