//! The scenario files that a path on the command line stands for.

use std::io;
use std::path::{Path, PathBuf};

/// Name of the schema's file, which lies among the scenarios and is none.
pub const SCHEMA_FILE: &str = "scenario.schema.json";

/// The scenario files at `path`: the file itself, or every `.json` file below the folder, sorted.
///
/// # Errors
/// Where the path does not exist or cannot be read.
pub fn scenario_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        std::fs::metadata(path)?;
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut entries = std::fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let inner = entry.path();
        if inner.is_dir() {
            files.extend(scenario_files(&inner)?);
        } else if inner.extension().is_some_and(|extension| extension == "json")
            && inner.file_name().is_none_or(|name| name != SCHEMA_FILE)
        {
            files.push(inner);
        }
    }
    Ok(files)
}
