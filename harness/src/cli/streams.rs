//! Standard output and standard error, whose writes can fail: results for people and for machines on the one,
//! progress, logs and diagnostics on the other.
//!
//! Control characters do not get through: of what others wrote, escapes are shown ([`printable`]); of our own, changes
//! of colour stay, where the stream takes them.
//!
//! Nothing here panics. A reader that has closed its end has seen enough: what would follow is dropped in silence, and
//! the process ends as it would have. A write that fails otherwise (a full disk) is remembered, and the process ends
//! with [`Exit::Internal`] whatever else it found, see [`verdict`].

use crate::cli::exit::Exit;
use crate::report::palette::{colour_on_stderr, colour_on_stdout};
use crate::text::printable;
use rustix::termios::tcgetwinsize;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

static STDOUT: Stream = Stream::new("standard output");
static STDERR: Stream = Stream::new("standard error");

/// What is known of one of the two.
struct Stream {
    name: &'static str,
    closed: AtomicBool,
    failed: AtomicBool,
}

impl Stream {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            closed: AtomicBool::new(false),
            failed: AtomicBool::new(false),
        }
    }

    /// Keeps what became of a write. Returns the failure the first time there is one.
    fn keep(&self, written: io::Result<()>) -> Option<io::Error> {
        let error = written.err()?;
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.closed.store(true, Ordering::Relaxed);
            return None;
        }
        (!self.failed.swap(true, Ordering::Relaxed)).then_some(error)
    }
}

/// Writes `text` to standard output, and tells where that fails.
pub fn out(text: impl Display) {
    if let Err(failure) = print(&text.to_string()) {
        error(failure);
    }
}

/// Writes `text` to standard output. That nobody reads it is no error.
///
/// # Errors
/// What the system says, with the stream's name; the first time only.
pub fn print(text: &str) -> io::Result<()> {
    if text.is_empty() || STDOUT.closed.load(Ordering::Relaxed) {
        return Ok(());
    }
    let text = shown(text, colour_on_stdout());
    let mut stdout = io::stdout().lock();
    // Flushed at once, so that what cannot be written is known while something can still be said about it.
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    drop(stdout);
    match STDOUT.keep(written) {
        None => Ok(()),
        Some(failure) => Err(io::Error::new(
            failure.kind(),
            format!("{}: {failure}", STDOUT.name),
        )),
    }
}

/// One of the two, for bytes that are somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
}

/// Passes bytes on as they are: they are the output of a program that the user has asked for. Whether somebody reads them; what
/// cannot be written otherwise is told.
pub fn pass_on(channel: Channel, bytes: &[u8]) -> bool {
    let (stream, written) = match channel {
        Channel::Output => {
            let mut stdout = io::stdout().lock();
            (&STDOUT, stdout.write_all(bytes).and_then(|()| stdout.flush()))
        }
        Channel::Errors => (&STDERR, io::stderr().lock().write_all(bytes)),
    };
    let reads = written.is_ok();
    if let Some(failure) = stream.keep(written) {
        error(format_args!("{}: {failure}", stream.name));
    }
    reads
}

/// Whether nobody reads standard output any more, so that a long work for it alone can end.
pub fn out_is_closed() -> bool {
    STDOUT.closed.load(Ordering::Relaxed)
}

thread_local! {
    /// What this thread keeps back of standard error, while it does.
    static HELD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does `work` and keeps back what it says on standard error. Who gets it says it with [`err`] when its turn comes.
pub fn held<R>(work: impl FnOnce() -> R) -> (R, String) {
    HELD.set(Some(String::new()));
    let result = work();
    (result, HELD.take().unwrap_or_default())
}

/// Writes `text` to standard error.
pub fn err(text: impl Display) {
    let text = text.to_string();
    let is_held = HELD.with_borrow_mut(|held| held.as_mut().map(|held| held.push_str(&text)).is_some());
    if !is_held {
        err_at_once(&text);
    }
}

/// Writes a line to standard error that is for whoever waits now, also where a worker's other words are kept back.
pub fn note_at_once(line: impl Display) {
    err_at_once(&format!("{line}\n"));
}

fn err_at_once(text: &str) {
    if text.is_empty() || STDERR.closed.load(Ordering::Relaxed) {
        return;
    }
    let text = shown(text, colour_on_stderr());
    let mut stderr = io::stderr().lock();
    // In one piece, so that lines of several processes do not mix.
    let written = stderr.write_all(text.as_bytes());
    STDERR.keep(written);
}

/// A line on standard error.
pub fn note(line: impl Display) {
    err(format_args!("{line}\n"));
}

/// Letters of an error that are told: what it quotes may be as long as a file.
const LONGEST_ERROR: usize = 2000;

/// What went wrong, as a line on standard error.
pub fn error(what: impl Display) {
    note(format_args!(
        "error: {}",
        printable::clipped(&what.to_string(), LONGEST_ERROR)
    ));
}

/// How the process ends that would end with `exit`: a stream that could not be written makes it [`Exit::Internal`].
pub fn verdict(exit: Exit) -> Exit {
    if STDOUT.failed.load(Ordering::Relaxed) || STDERR.failed.load(Ordering::Relaxed) {
        Exit::Internal
    } else {
        exit
    }
}

fn shown(text: &str, colour: bool) -> Cow<'_, str> {
    if colour {
        printable::coloured_lines(text)
    } else {
        printable::lines(text)
    }
}

/// Columns of lines where nobody says how many there are.
const USUAL_WIDTH: usize = 100;

/// Columns on standard output.
pub fn out_width() -> usize {
    width(io::stdout(), std::env::var("COLUMNS").ok())
}

/// Columns on standard output, where somebody says how many there are: a table in a file has no need to give way.
pub fn out_room() -> Option<usize> {
    let said = std::env::var_os("COLUMNS").is_some();
    (said || io::stdout().is_terminal()).then(out_width)
}

/// Columns on standard error.
pub fn err_width() -> usize {
    width(io::stderr(), std::env::var("COLUMNS").ok())
}

/// The number in the variable `COLUMNS`, or the terminal's, or the usual one; within what can be laid out.
fn width(stream: impl AsFd, columns: Option<String>) -> usize {
    let said = columns.and_then(|columns| columns.trim().parse().ok());
    let terminal = || tcgetwinsize(stream).ok().map(|size| size.ws_col.into());
    said.or_else(terminal)
        .filter(|width| *width > 0)
        .unwrap_or(USUAL_WIDTH)
        .clamp(30, 1000)
}

/// Standard error for the log, whose writes never fail for the one who logs.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        err(String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
