//! A file that stands under its name only when it is whole: written under another name beside it, then renamed. What a
//! process that was killed has left of one is removed by the next that writes the same file.

use crate::FileError;
use crate::place::{Place, look, options};
use crate::scratch::is_gone;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// How the name of an unfinished file ends.
const UNFINISHED: &str = ".unfinished";

/// A file that is being written. Dropped before [`OutputFile::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    into: Into,
}

#[derive(Debug)]
enum Into {
    /// A file that takes the name when it is whole.
    Beside(BufWriter<NamedTempFile>),
    /// A device or a pipe.
    Sink(BufWriter<File>),
}

impl OutputFile {
    /// Begins the file that is to be called `path`.
    ///
    /// # Errors
    /// [`FileError`]; a symbolic link is refused.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        Self::with_mode(path, 0o666)
    }

    /// The same for a file that can be executed.
    ///
    /// # Errors
    /// As [`OutputFile::create`].
    pub fn create_executable(path: &Path) -> Result<Self, FileError> {
        Self::with_mode(path, 0o777)
    }

    fn with_mode(path: &Path, mode: u32) -> Result<Self, FileError> {
        let failed = |cause| FileError::of(path)(cause);
        let into = match look(path).map_err(failed)? {
            Place::Sink => Into::Sink(BufWriter::new(options(Place::Sink).open(path).map_err(failed)?)),
            Place::Free => Into::Beside(BufWriter::new(unfinished(path, mode).map_err(failed)?)),
        };
        Ok(Self {
            path: path.to_owned(),
            into,
        })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`FileError`] where not all of it could be written; what stood under the name is still there then.
    pub fn finish(self) -> Result<(), FileError> {
        let Self { path, into } = self;
        let finished = match into {
            Into::Sink(mut sink) => sink.flush(),
            Into::Beside(file) => file
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| file.persist(&path).map(|_| ()).map_err(|error| error.error)),
        };
        finished.map_err(FileError::of(&path))
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.into {
            Into::Beside(file) => file,
            Into::Sink(sink) => sink,
        }
    }

    fn named(&self, cause: io::Error) -> io::Error {
        FileError::of(&self.path)(cause).into()
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes).map_err(|cause| self.named(cause))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush().map_err(|cause| self.named(cause))
    }
}

/// Writes a whole file.
///
/// # Errors
/// [`FileError`]; what stood under the name is still there then.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), FileError> {
    let mut file = OutputFile::create(path)?;
    let written = file.writer().write_all(bytes.as_ref());
    written.map_err(FileError::of(path))?;
    file.finish()
}

/// A file beside `path` that nobody else has, with the permissions that a new file gets.
fn unfinished(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name"))?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    sweep(folder, name);
    let mut prefix = OsStr::new(".").to_owned();
    prefix.push(name);
    prefix.push(format!(".{}-", std::process::id()));
    tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(UNFINISHED)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
}

/// Removes what processes that have ended left of the file `name`.
fn sweep(folder: &Path, name: &OsStr) {
    let Some(name) = name.to_str() else { return };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let left = entry.file_name();
        let maker = left
            .to_str()
            .and_then(|left| {
                left.strip_prefix('.')?
                    .strip_prefix(name)?
                    .strip_prefix('.')?
                    .strip_suffix(UNFINISHED)
            })
            .and_then(|rest| rest.split_once('-')?.0.parse().ok());
        let mine = entry
            .metadata()
            .is_ok_and(|about| about.is_file() && about.uid() == rustix::process::geteuid().as_raw());
        if mine && maker.is_some_and(is_gone) {
            // What cannot be removed does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_stands_under_its_name_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "old").unwrap();
        let mut file = OutputFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(file);
        assert_eq!(names(folder.path()), ["out"]);
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn new_files_have_the_usual_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        let path = folder.path().join("out");
        write(&path, "").unwrap();
        assert_eq!(mode(&path), mode(&usual));
        let file = OutputFile::create_executable(&path).unwrap();
        file.finish().unwrap();
        assert_eq!(mode(&path), mode(&usual) | 0o111 & !(0o666 ^ mode(&usual)));
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        fs::write(&target, "kept").unwrap();
        for target in [target.as_path(), Path::new("nowhere")] {
            let _ = fs::remove_file(&link);
            symlink(target, &link).unwrap();
            let error = write(&link, "lost").unwrap_err().to_string();
            assert!(
                error.ends_with("link: it is a symbolic link, and nothing is written through one"),
                "{error}"
            );
        }
        assert_eq!(fs::read_to_string(&target).unwrap(), "kept");
        assert_eq!(names(folder.path()), ["link", "target"]);
        assert!(write(folder.path(), "").is_err());
    }

    #[test]
    fn a_full_disk_is_told_with_the_files_name() {
        let error = write(Path::new("/dev/full"), "x").unwrap_err().to_string();
        assert!(error.starts_with("/dev/full: No space left"), "{error}");
        write(Path::new("/dev/null"), "x").unwrap();
        assert!(look(Path::new("/dev/null")).is_ok_and(|place| place == Place::Sink));
    }

    #[test]
    fn what_a_killed_process_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = child.id();
        child.wait().unwrap();
        let own = std::process::id();
        for pid in [gone, own] {
            fs::write(folder.path().join(format!(".out.{pid}-x.unfinished")), "").unwrap();
        }
        fs::write(folder.path().join(format!(".other.{gone}-x.unfinished")), "").unwrap();
        write(&path, "").unwrap();
        let left = [
            format!(".other.{gone}-x.unfinished"),
            format!(".out.{own}-x.unfinished"),
            "out".to_owned(),
        ];
        assert_eq!(names(folder.path()), left);
    }
}
