//! Files of sysfs, debugfs and proc.

use super::refusal::{refuse, refused, refused_io};
use guest_protocol::{Answer, Refusal};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use std::fs;
use std::io::{self, Read};

/// A file is read up to here; a trace can be endless.
const LONGEST: u64 = 1 << 20;

/// Writes in one call: an attribute takes each call as a whole value.
pub fn write(path: &str, bytes: &[u8]) -> Result<Answer, Refusal> {
    write_with(OFlags::empty(), path, bytes)
}

/// Writes in one call, behind what is there.
pub fn append(path: &str, bytes: &[u8]) -> Result<Answer, Refusal> {
    write_with(OFlags::APPEND, path, bytes)
}

/// Empties a file.
pub fn truncate(path: &str) -> Result<(), Refusal> {
    let flags = OFlags::WRONLY | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = open(path, flags, Mode::empty());
    file.map(drop).map_err(refused(format!("empty {path}")))
}

fn write_with(flags: OFlags, path: &str, bytes: &[u8]) -> Result<Answer, Refusal> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC | flags;
    let file = open(path, flags, Mode::empty()).map_err(refused(format!("open {path}")))?;
    let written = rustix::io::write(&file, bytes).map_err(refused(format!("write {path}")))?;
    if written != bytes.len() {
        return Err(refuse(
            Errno::IO,
            format!("write {path}: took {written} of {} bytes", bytes.len()),
        ));
    }
    Ok(Answer::Done)
}

/// Reads each file.
pub fn read_all(paths: &[String]) -> Result<Answer, Refusal> {
    paths
        .iter()
        .map(|path| read(path))
        .collect::<Result<_, _>>()
        .map(Answer::Files)
}

/// Reads one file, trimmed; `None` if there is no such file.
pub fn read(path: &str) -> Result<Option<String>, Refusal> {
    let mut bytes = Vec::new();
    match fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(refused_io(format!("read {path}"))(error)),
    }
}

/// Whether there is nothing at the path. A device that goes away between open and read counts as gone.
pub fn is_absent(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(errno, Some(Errno::NOENT | Errno::NOTDIR | Errno::NODEV))
}

/// Names in a folder.
pub fn list(path: &str) -> Result<Answer, Refusal> {
    names(path)
        .map(Answer::Names)
        .map_err(refused_io(format!("list {path}")))
}

/// Names in a folder, sorted.
pub fn names(path: &str) -> io::Result<Vec<String>> {
    let mut names = fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_file_is_none_and_others_are_trimmed() {
        let paths = ["/proc/no-such-file", "/proc/self/comm/below", "/proc/self/comm"].map(str::to_owned);
        let Ok(Answer::Files(files)) = read_all(&paths) else {
            panic!("files")
        };
        assert_eq!(files[..2], [None, None]);
        let name = files[2].as_deref().expect("a name");
        assert!(!name.is_empty() && !name.ends_with('\n'));
    }

    #[test]
    fn a_refusal_has_the_errno_and_the_path() {
        let refusal = write("/proc/no-such-file", b"1").expect_err("refused");
        assert_eq!(refusal.errno, 2);
        assert!(
            refusal.what.starts_with("open /proc/no-such-file: "),
            "{}",
            refusal.what
        );
        assert_eq!(list("/proc/no-such-folder").expect_err("refused").errno, 2);
        assert_eq!(read("/proc").expect_err("a folder").errno, 21);
    }
}
