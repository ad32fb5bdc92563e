//! A file that grows line by line while others read it. It has its name from the beginning, and only whole lines.

use crate::FileError;
use crate::place::{Place, look, options};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

/// A file of lines.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    file: File,
    place: Place,
    /// Bytes of the whole lines in it.
    whole: u64,
}

impl LineFile {
    /// Makes the file, empty.
    ///
    /// # Errors
    /// [`FileError`]; a symbolic link is refused.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let failed = |cause| FileError::of(path)(cause);
        let place = look(path).map_err(failed)?;
        let file = options(place).open(path).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            place,
            whole: 0,
        })
    }

    /// Writes whole lines; who follows the file sees them at once.
    ///
    /// # Errors
    /// [`FileError`]; half a line that was written is taken back.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), FileError> {
        let written = self.file.write_all(lines);
        if written.is_err() && self.place == Place::Free {
            self.take_back();
        }
        written.map_err(FileError::of(&self.path))?;
        self.whole += lines.len() as u64;
        Ok(())
    }

    fn take_back(&mut self) {
        // A disk that takes no more bytes lets some go all the same.
        let _ = self.file.set_len(self.whole);
        let _ = self.file.seek(io::SeekFrom::Start(self.whole));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_seen_at_once_and_never_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut file = LineFile::create(&path).unwrap();
        file.write(b"one\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\n");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(LineFile::create(&link).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one\n");
    }

    #[test]
    fn a_full_disk_is_told_with_the_files_name() {
        let mut file = LineFile::create(Path::new("/dev/full")).unwrap();
        let error = file.write(b"one\n").unwrap_err().to_string();
        assert!(error.starts_with("/dev/full: No space left"), "{error}");
    }
}
