//! What a guest's console says, apart from the terminal: into a file, on standard error, and its last lines for whoever asks why
//! the guest has ended.

use crate::cli::streams;
use files::{FileError, LineFile};
use rustix::fs::{CWD, Mode, OFlags, fcntl_setfl, mkfifoat, open};
use rustix::pipe::fcntl_setpipe_size;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread::{self, JoinHandle};

/// How many of the last lines are kept.
const LAST_LINES: usize = 40;

/// Bytes that the console may be ahead of whoever reads it, on a busy machine.
const ROOM: usize = 1 << 20;

/// How much is read at a time, in bytes.
const PORTION: usize = 4096;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConsoleError {
    /// It cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The console cannot be read.
    #[error("console: {0}")]
    Io(#[from] io::Error),
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct ConsoleLog {
    /// Keeps the console open until QEMU has come and gone: without anybody who may write, its reader would wait for the first one.
    writer: OwnedFd,
    reader: JoinHandle<Result<VecDeque<String>, ConsoleError>>,
}

impl ConsoleLog {
    /// Makes a FIFO that QEMU will write into. A serial port waits for nobody: what does not fit into a socket, byte by byte, would be
    /// lost. `is_shown`: every line goes to standard error.
    ///
    /// # Errors
    /// There can be no FIFO, or no thread.
    pub(super) fn open(fifo: &Path, file: Option<LineFile>, is_shown: bool) -> io::Result<Self> {
        mkfifoat(CWD, fifo, Mode::RUSR | Mode::WUSR)?;
        // Neither waits for the other: the reader's end first, which needs nobody, then the writer's, which needs a reader.
        let flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
        let console = open(fifo, OFlags::RDONLY | flags, Mode::empty())?;
        let writer = open(fifo, OFlags::WRONLY | flags, Mode::empty())?;
        // From here on it is waited for what comes.
        fcntl_setfl(&console, OFlags::empty())?;
        // Where there can be no more room there is the usual.
        let _ = fcntl_setpipe_size(&console, ROOM);
        let read = move || read(File::from(console), file, is_shown);
        let reader = thread::Builder::new().name("console".to_owned()).spawn(read)?;
        Ok(Self { writer, reader })
    }

    /// The last lines, once QEMU has ended.
    ///
    /// # Errors
    /// The file could not be written.
    pub(super) fn end(self) -> Result<Vec<String>, ConsoleError> {
        drop(self.writer);
        match self.reader.join() {
            Ok(read) => Ok(read?.into()),
            Err(_) => Err(io::Error::other("the console's reader has failed").into()),
        }
    }
}

fn read(
    mut stream: impl Read,
    mut file: Option<LineFile>,
    is_shown: bool,
) -> Result<VecDeque<String>, ConsoleError> {
    let mut last = VecDeque::new();
    let mut line = Vec::new();
    let mut portion = [0; PORTION];
    let mut failure = None;
    loop {
        let length = match stream.read(&mut portion) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // QEMU was killed.
            Err(_) => break,
        };
        // A serial line ends with two bytes.
        let bytes: Vec<u8> = portion[..length]
            .iter()
            .copied()
            .filter(|byte| *byte != b'\r')
            .collect();
        for byte in bytes {
            line.push(byte);
            if byte == b'\n' || line.len() >= PORTION {
                keep(&mut line, &mut last, is_shown, &mut file, &mut failure);
            }
        }
    }
    if !line.is_empty() {
        keep(&mut line, &mut last, is_shown, &mut file, &mut failure);
    }
    failure.map_or(Ok(last), Err)
}

fn keep(
    line: &mut Vec<u8>,
    last: &mut VecDeque<String>,
    is_shown: bool,
    file: &mut Option<LineFile>,
    failure: &mut Option<ConsoleError>,
) {
    if let Some(target) = file
        && let Err(error) = target.write(line)
    {
        // The guest goes on, and must be read.
        *failure = Some(error.into());
        *file = None;
    }
    let text = String::from_utf8_lossy(line).trim_end().to_owned();
    line.clear();
    if is_shown {
        streams::note(&text);
    }
    if last.len() == LAST_LINES {
        last.pop_front();
    }
    last.push_back(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn lines_reach_the_file_as_files_have_them_and_the_last_ones_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dmesg");
        let text: String = (0..48).map(|number| format!("line {number}\r\n")).collect();
        let last = read(text.as_bytes(), Some(LineFile::create(&path).unwrap()), false).unwrap();
        assert_eq!(
            (last.len(), last[0].as_str(), last[39].as_str()),
            (40, "line 8", "line 47")
        );
        assert_eq!(std::fs::read_to_string(path).unwrap(), text.replace('\r', ""));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told_in_the_end() {
        let full = LineFile::create(Path::new("/dev/full")).unwrap();
        assert!(read(b"line\n".as_slice(), Some(full), false).is_err());
    }

    #[test]
    fn a_console_that_nobody_opens_ends() {
        let folder = tempfile::tempdir().unwrap();
        let log = ConsoleLog::open(&folder.path().join("console"), None, false).unwrap();
        assert_eq!(log.end().unwrap(), Vec::<String>::new());
    }
}
