//! The copy of the project that mutants are written into.

use crate::error::MutationError;
use crate::program::output_of;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Copies what git knows of the project, or would take, `but` these files. A file that is the same already is left alone: cargo builds
/// what is newer.
///
/// # Errors
/// [`MutationError`] when git or the file system refuses.
pub fn copy(root: &Path, to: &Path, but: &BTreeSet<String>) -> Result<(), MutationError> {
    let mut command = Command::new("git");
    command.current_dir(root);
    command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = output_of(&mut command, "git ls-files")?;
    let listed = String::from_utf8_lossy(&listed);
    for file in listed
        .split('\0')
        .filter(|file| !file.is_empty() && !but.contains(*file))
    {
        let source = root.join(file);
        // What is deleted and not yet committed is listed too.
        if source.is_file() {
            let bytes = std::fs::read(&source).map_err(MutationError::file(&source))?;
            write(&to.join(file), &bytes)?;
        }
    }
    Ok(())
}

/// Writes a file if it is not the same already.
///
/// # Errors
/// [`MutationError::File`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), MutationError> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(MutationError::file(folder))?;
    }
    std::fs::write(path, bytes).map_err(MutationError::file(path))
}
