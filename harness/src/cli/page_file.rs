//! The file of `--report DIR`: `index.html` in a folder that is made where it is missing.

use crate::cli::exit::Exit;
use crate::cli::streams;
use files::{FileError, OutputFile};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why there is no place for the page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageFileError {
    /// The folder is none, or cannot be made.
    #[error("{}: no folder for the page: {cause}", .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The file cannot be begun.
    #[error("{0}")]
    File(#[from] FileError),
}

/// The page in this folder.
pub(super) fn of(folder: &Path) -> PathBuf {
    folder.join("index.html")
}

/// Begins the page in this folder.
pub(super) fn create(folder: &Path) -> Result<OutputFile, PageFileError> {
    fs::create_dir_all(folder).map_err(|cause| PageFileError::Folder {
        folder: folder.to_owned(),
        cause,
    })?;
    Ok(OutputFile::create(&of(folder))?)
}

/// A page that a command writes at its end. Until then there is none, and it is known that there can be.
pub(super) struct PageFile(OutputFile);

impl PageFile {
    /// The page in the folder that is asked for.
    ///
    /// # Errors
    /// [`Exit::Internal`], told, where it cannot be begun.
    pub(super) fn of(folder: Option<&Path>) -> Result<Option<Self>, Exit> {
        let file = folder.map(create).transpose();
        let file = file.map_err(|refused| {
            streams::error(refused);
            Exit::Internal
        })?;
        Ok(file.map(Self))
    }

    /// Writes it. What cannot be written is told.
    pub(super) fn write(self, page: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Exit {
        let Self(mut file) = self;
        let written = page(&mut file).and_then(|()| file.finish().map_err(io::Error::from));
        match written {
            Ok(()) => Exit::AsExpected,
            Err(error) => {
                streams::error(error);
                Exit::Internal
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_made_and_the_page_is_there_when_it_is_whole() {
        let bench = tempfile::tempdir().unwrap();
        let folder = bench.path().join("a/b");
        let page = PageFile::of(Some(&folder)).unwrap().unwrap();
        assert!(folder.is_dir() && !of(&folder).exists());
        assert_eq!(page.write(|out| out.write_all(b"page")), Exit::AsExpected);
        assert_eq!(fs::read_to_string(of(&folder)).unwrap(), "page");
        assert!(PageFile::of(None).unwrap().is_none());
    }

    #[test]
    fn where_there_is_no_place_nothing_begins() {
        let bench = tempfile::tempdir().unwrap();
        let file = bench.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(create(&file), Err(PageFileError::Folder { .. })));
        let folder = bench.path().join("folder");
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(&file, of(&folder)).unwrap();
        assert!(matches!(create(&folder), Err(PageFileError::File(_))));
        let told = create(&file).unwrap_err().to_string();
        assert!(told.contains("no folder for the page"), "{told}");
    }

    #[test]
    fn what_cannot_be_written_is_an_error_and_leaves_nothing() {
        let bench = tempfile::tempdir().unwrap();
        let page = PageFile::of(Some(bench.path())).unwrap().unwrap();
        let failed = page.write(|_| Err(io::Error::other("full")));
        assert_eq!(failed, Exit::Internal);
        assert!(!of(bench.path()).exists());
    }
}
