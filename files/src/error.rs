//! What can go wrong with a file, with its name.

use std::io;
use std::path::{Path, PathBuf};

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct FileError {
    /// The file, by the name that it was to have.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub cause: io::Error,
}

impl FileError {
    /// For `map_err`: the failure of something done to `path`.
    pub(crate) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self { path, cause }
    }
}

impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        Self::new(error.cause.kind(), error)
    }
}
