//! The scenario files that a path on the command line stands for.

use std::io;
use std::path::{Path, PathBuf};

/// Name of the schema's file, which lies among the scenarios and is none.
pub const SCHEMA_FILE: &str = "scenario.schema.json";

/// The scenario files at `path`: the file itself, or every `.json` file below the folder, sorted. A folder that leads
/// back to one that it is in is not entered again.
///
/// # Errors
/// Where the path does not exist or cannot be read.
pub fn scenario_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        std::fs::metadata(path)?;
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    collect(path, &mut Vec::new(), &mut files)?;
    Ok(files)
}

/// Adds the files below `folder`, which is in the folders `around` it.
fn collect(folder: &Path, around: &mut Vec<PathBuf>, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let real = std::fs::canonicalize(folder)?;
    if around.contains(&real) {
        return Ok(());
    }
    around.push(real);
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let inner = entry.path();
        if inner.is_dir() {
            collect(&inner, around, files)?;
        } else if inner.extension().is_some_and(|extension| extension == "json")
            && inner.file_name().is_none_or(|name| name != SCHEMA_FILE)
        {
            files.push(inner);
        }
    }
    around.pop();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_leads_back_is_entered_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/x.json"), "").unwrap();
        for link in ["a/back", "a/again"] {
            std::os::unix::fs::symlink(folder.path(), folder.path().join(link)).unwrap();
        }
        let files = scenario_files(folder.path()).unwrap();
        assert_eq!(files, [folder.path().join("a/x.json")]);
    }
}
