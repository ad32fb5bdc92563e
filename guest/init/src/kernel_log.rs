//! The kernel's log, read from `/dev/kmsg`.

use guest_protocol::{Complaint, LogLine, classify, is_cut};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, SeekFrom, open, seek};
use rustix::io::{Errno, read};
use rustix::time::{ClockId, clock_gettime};
use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lines kept for an order that has not come yet. What is more is dropped from the front.
const KEPT: usize = 50_000;

/// The longest record that the kernel hands out is 2 KiB before its escapes.
const RECORD: usize = 16 * 1024;

/// The log from its beginning. Whoever reads it, the watcher or an order, reads the kernel's records up to the last one, so an order
/// sees every line that was printed before it.
pub struct KernelLog {
    file: OwnedFd,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lines: VecDeque<LogLine>,
    scene: Scene,
}

/// Since the kernel's start.
fn uptime() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

/// What the kernel prints from a moment on, read beside [`KernelLog`].
pub struct NewLines {
    file: OwnedFd,
}

impl NewLines {
    /// From now on.
    ///
    /// # Errors
    ///
    /// `/dev/kmsg` cannot be opened.
    pub fn open() -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = open("/dev/kmsg", flags, Mode::empty())?;
        seek(&file, SeekFrom::End(0))?;
        Ok(Self { file })
    }

    /// Waits for a line of the kernel's with one of these words in it.
    ///
    /// # Errors
    ///
    /// [`Errno::TIMEDOUT`].
    pub fn wait_for(&self, words: &[String], limit: Duration) -> Result<(), Errno> {
        let end = uptime().saturating_add(limit);
        let mut buffer = vec![0; RECORD];
        loop {
            match read(&self.file, &mut buffer) {
                Ok(length) => {
                    let record = String::from_utf8_lossy(&buffer[..length]);
                    let line = parse_record(&record).filter(|(_, facility)| *facility == 0);
                    if line.is_some_and(|(line, _)| words.iter().any(|word| line.text.contains(word))) {
                        return Ok(());
                    }
                }
                Err(Errno::PIPE | Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let left = end.saturating_sub(uptime());
                    if left.is_zero() {
                        return Err(Errno::TIMEDOUT);
                    }
                    let left = Timespec::try_from(left).map_err(|_| Errno::INVAL)?;
                    // An interrupted wait only means one look too many.
                    let _ = poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&left));
                }
                Err(errno) => return Err(errno),
            }
        }
    }
}

/// Remembers what was said since the last `cut here`.
#[derive(Default)]
struct Scene {
    cause: Option<Vec<String>>,
}

impl KernelLog {
    /// Opens the log.
    ///
    /// # Errors
    ///
    /// `/dev/kmsg` cannot be opened.
    pub fn open() -> Result<Self, Errno> {
        let file = open(
            "/dev/kmsg",
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Self {
            file,
            state: Mutex::default(),
        })
    }

    /// Waits until the kernel prints, and gives what it complains about.
    pub fn watch(&self) -> Vec<Complaint> {
        let mut waiting = [PollFd::new(&self.file, PollFlags::IN)];
        // An interrupted wait only means one look too many.
        let _ = poll(&mut waiting, None);
        self.collect(&mut self.state())
    }

    /// The oldest lines since the last call, at most so many, and complaints that [`KernelLog::watch`] has not seen yet.
    pub fn take(&self, at_most: usize) -> (Vec<LogLine>, Vec<Complaint>) {
        let mut state = self.state();
        let complaints = self.collect(&mut state);
        let count = at_most.min(state.lines.len());
        (state.lines.drain(..count).collect(), complaints)
    }

    /// A thread that panics ends the guest, so a poisoned lock is never seen for long.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collect(&self, state: &mut State) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let mut buffer = vec![0; RECORD];
        loop {
            let record = match read(&self.file, &mut buffer) {
                Ok(length) => String::from_utf8_lossy(&buffer[..length]),
                // The kernel has overwritten records that were not read; it goes on with the oldest it has.
                Err(Errno::PIPE | Errno::INTR) => continue,
                Err(_) => break,
            };
            let Some((line, facility)) = parse_record(&record) else {
                continue;
            };
            if facility == 0 {
                complaints.extend(state.scene.judge(&line));
            }
            if state.lines.len() == KEPT {
                state.lines.pop_front();
            }
            state.lines.push_back(line);
        }
        complaints
    }
}

impl Scene {
    fn judge(&mut self, line: &LogLine) -> Option<Complaint> {
        if is_cut(&line.text) {
            self.cause = Some(Vec::new());
            return None;
        }
        let Some(kind) = classify(&line.text) else {
            // A few lines at most stand between the cut and the complaint.
            match &mut self.cause {
                Some(said) if said.len() < 4 => said.push(line.text.clone()),
                _ => self.cause = None,
            }
            return None;
        };
        let cause = self
            .cause
            .take()
            .filter(|said| !said.is_empty())
            .map(|said| said.join("\n"));
        Some(Complaint {
            kind,
            line: line.text.clone(),
            cause,
            sequence: line.sequence,
            microseconds: line.microseconds,
        })
    }
}

/// Reads one record, `priority,sequence,microseconds,flags;text`, and tells its facility: 0 is the kernel, others are programs that
/// have written to the log. Lines that follow the first carry the device's name, which the text has too.
fn parse_record(record: &str) -> Option<(LogLine, u32)> {
    let (head, body) = record.split_once(';')?;
    let mut fields = head.split(',');
    let priority: u32 = fields.next()?.parse().ok()?;
    let sequence = fields.next()?.parse().ok()?;
    let microseconds = fields.next()?.parse().ok()?;
    let level = u8::try_from(priority & 7).ok()?;
    let text = unescape(body.lines().next().unwrap_or_default());
    Some((
        LogLine {
            sequence,
            microseconds,
            level,
            text,
        },
        priority >> 3,
    ))
}

/// The kernel writes bytes that cannot be printed as `\x0a`.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let value = rest
            .get(at + 2..at + 4)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let taken = if let Some(value) = value {
            bytes.push(value);
            4
        } else {
            bytes.extend_from_slice(b"\\x");
            2
        };
        rest = &rest[at + taken..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine {
            sequence: 9,
            microseconds: 12_345_678,
            level: 4,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_record_is_read() {
        let record = "4,9,12345678,-;mlx5_core 0000:00:04.0: firmware version: 16.35.3006\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:04.0\n";
        assert_eq!(
            parse_record(record),
            Some((line("mlx5_core 0000:00:04.0: firmware version: 16.35.3006"), 0))
        );
    }

    #[test]
    fn a_program_has_another_facility() {
        assert_eq!(
            parse_record("12,9,12345678,-;WARNING: not the kernel\n"),
            Some((line("WARNING: not the kernel"), 1))
        );
    }

    #[test]
    fn a_broken_record_is_none() {
        for record in ["", "4,9", "x,9,1,-;text", "4,9,;text"] {
            assert_eq!(parse_record(record), None, "{record}");
        }
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescape(r"a\x0ab \x5cx \xzz \x"), "a\nb \\x \\xzz \\x");
        assert_eq!(unescape(r"caf\xc3\xa9"), "café");
    }

    #[test]
    fn a_complaint_carries_what_was_said_after_the_cut() {
        let mut scene = Scene::default();
        assert_eq!(scene.judge(&line("------------[ cut here ]------------")), None);
        assert_eq!(
            scene.judge(&line("VFs FW pages counter is 300 after reclaiming all pages")),
            None
        );
        let complaint = scene
            .judge(&line("WARNING: drivers/x.c:1 at f+0x1/0x2"))
            .expect("a complaint");
        assert_eq!(
            complaint.cause.as_deref(),
            Some("VFs FW pages counter is 300 after reclaiming all pages")
        );
        let next = scene
            .judge(&line("WARNING: drivers/x.c:2 at f+0x1/0x2"))
            .expect("a complaint");
        assert_eq!(next.cause, None);
    }

    #[test]
    fn a_cut_without_complaint_is_forgotten() {
        let mut scene = Scene::default();
        scene.judge(&line("------------[ cut here ]------------"));
        for _ in 0..6 {
            scene.judge(&line("chatter"));
        }
        assert_eq!(
            scene
                .judge(&line("BUG: Bad page state"))
                .and_then(|complaint| complaint.cause),
            None
        );
    }
}
