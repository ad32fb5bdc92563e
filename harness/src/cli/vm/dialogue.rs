//! Standard input that is no terminal, for a guest whose initramfs is the user's: its lines for the shell on the console, one after
//! each prompt, and the end after the last.
//!
//! A guest that boots loses what comes before it reads, and a serial port has no end. So lines are kept until the shell
//! asks for one; and when there are no more, the guest is switched off.

use crate::cli::streams;
use rustix::event::epoll;
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io::{self, Read, Write, stdin};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{ChildStdin, ChildStdout};

/// Bytes of input that are kept at most; more is read when the guest has taken some.
const MOST_KEPT: usize = 1 << 16;

/// Bytes that are read at once.
const PIECE: usize = 4096;

/// How the prompts of most shells end.
const PROMPTS: [&str; 3] = ["# ", "$ ", "> "];

/// Whether a shell waits for a line that has begun like this. `is_last`: nothing has come after it so far.
fn asks(line: &[u8], is_last: bool) -> bool {
    is_last && PROMPTS.iter().any(|prompt| line.ends_with(prompt.as_bytes()))
}

/// The word that switches the guest off.
const END: &[u8] = b"poweroff\n";

/// Which descriptor is ready.
const FROM_USER: u64 = 0;
const FROM_GUEST: u64 = 1;

/// Input, guest and output.
#[derive(Debug)]
pub(super) struct Dialogue {
    /// Readable when one of the two that are read is.
    ready: OwnedFd,
    input: Input,
    to_guest: ChildStdin,
    from_guest: ChildStdout,
    guest_ended: bool,
    /// The line of the console that is not finished.
    line: Vec<u8>,
    /// Whether the shell waits for a line.
    is_asked: bool,
}

/// What the user has sent, as far as the guest has not had it.
#[derive(Debug, Default)]
struct Input {
    kept: VecDeque<u8>,
    has_ended: bool,
    is_watched: bool,
    /// Whether the word that ends the guest was said.
    end_was_said: bool,
}

impl Input {
    /// The next line; an unfinished one only when no more comes.
    fn next_line(&mut self) -> Option<Vec<u8>> {
        let end = self.kept.iter().position(|byte| *byte == b'\n');
        let length = match end {
            Some(end) => end + 1,
            None if self.kept.len() >= MOST_KEPT || self.has_ended && !self.kept.is_empty() => {
                self.kept.len()
            }
            None if self.has_ended && !self.end_was_said => {
                self.end_was_said = true;
                return Some(END.to_vec());
            }
            None => return None,
        };
        let mut line: Vec<u8> = self.kept.drain(..length).collect();
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        Some(line)
    }
}

impl Dialogue {
    /// Between standard input and a guest whose console are these two.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn new(to_guest: ChildStdin, from_guest: ChildStdout) -> io::Result<Self> {
        let ready = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let event = epoll::EventData::new_u64(FROM_GUEST);
        epoll::add(&ready, &from_guest, event, epoll::EventFlags::IN)?;
        let mut dialogue = Self {
            ready,
            input: Input::default(),
            to_guest,
            from_guest,
            guest_ended: false,
            line: Vec::new(),
            is_asked: false,
        };
        match FileType::from_raw_mode(fstat(stdin())?.st_mode) {
            FileType::Fifo | FileType::Socket => dialogue.watch_input()?,
            // What is all there is never waited for.
            _ => {
                let mut all = Vec::new();
                stdin().lock().read_to_end(&mut all)?;
                dialogue.input.kept.extend(all);
                dialogue.input.has_ended = true;
            }
        }
        Ok(dialogue)
    }

    /// Readable when there is something to do.
    pub(super) fn ready_fd(&self) -> BorrowedFd<'_> {
        self.ready.as_fd()
    }

    /// Does what there is to do, and never waits.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn go_on(&mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(2);
        let now = rustix::time::Timespec::default();
        match epoll::wait(
            &self.ready,
            rustix::buffer::spare_capacity(&mut events),
            Some(&now),
        ) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        for event in events {
            match event.data.u64() {
                FROM_USER => self.hear_user()?,
                _ => self.hear_guest()?,
            }
        }
        self.answer()
    }

    fn watch_input(&mut self) -> io::Result<()> {
        if !self.input.is_watched && !self.input.has_ended {
            let event = epoll::EventData::new_u64(FROM_USER);
            epoll::add(&self.ready, stdin(), event, epoll::EventFlags::IN)?;
            self.input.is_watched = true;
        }
        Ok(())
    }

    fn leave_input(&mut self) -> io::Result<()> {
        if self.input.is_watched {
            epoll::delete(&self.ready, stdin())?;
            self.input.is_watched = false;
        }
        Ok(())
    }

    fn hear_user(&mut self) -> io::Result<()> {
        let mut piece = [0; PIECE];
        // Not by the handle's buffer, which would hide from the wait what has been read.
        let length = match rustix::io::read(stdin(), &mut piece) {
            Ok(length) => length,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(()),
            Err(errno) => return Err(errno.into()),
        };
        self.input.kept.extend(&piece[..length]);
        self.input.has_ended = length == 0;
        if length == 0 || self.input.kept.len() >= MOST_KEPT {
            self.leave_input()?;
        }
        Ok(())
    }

    fn hear_guest(&mut self) -> io::Result<()> {
        let mut piece = [0; PIECE];
        let length = self.from_guest.read(&mut piece)?;
        if length == 0 && !self.guest_ended {
            self.guest_ended = true;
            epoll::delete(&self.ready, &self.from_guest)?;
        }
        for (place, byte) in piece[..length].iter().enumerate() {
            if *byte != b'\r' {
                self.line.push(*byte);
            }
            let asks = asks(&self.line, place + 1 == length);
            self.is_asked |= asks;
            if asks || *byte == b'\n' || self.line.len() >= PIECE {
                self.show_line();
            }
        }
        if self.guest_ended {
            self.show_line();
        }
        Ok(())
    }

    fn show_line(&mut self) {
        streams::out(String::from_utf8_lossy(&self.line));
        self.line.clear();
    }

    /// Gives the shell a line, where it waits for one and there is one.
    fn answer(&mut self) -> io::Result<()> {
        if !self.is_asked || self.guest_ended {
            return Ok(());
        }
        if let Some(line) = self.input.next_line() {
            self.is_asked = false;
            match self
                .to_guest
                .write_all(&line)
                .and_then(|()| self.to_guest.flush())
            {
                // QEMU has ended, which is seen elsewhere.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                written => written?,
            }
        }
        if self.input.kept.len() < MOST_KEPT && !self.input.has_ended {
            self.watch_input()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(text: &str, has_ended: bool) -> Input {
        Input {
            kept: text.bytes().collect(),
            has_ended,
            ..Input::default()
        }
    }

    #[test]
    fn lines_come_whole_and_the_end_after_the_last() {
        let mut input = input("counters\npower", false);
        assert_eq!(input.next_line().unwrap(), b"counters\n");
        assert_eq!(input.next_line(), None);
        input.kept.extend(b"off");
        assert_eq!(input.next_line(), None);
        input.has_ended = true;
        assert_eq!(input.next_line().unwrap(), b"poweroff\n");
        assert_eq!(input.next_line().unwrap(), END);
        assert_eq!(input.next_line(), None);
    }

    #[test]
    fn a_prompt_is_the_last_that_came() {
        assert!(asks(b"~ $ ", true));
        assert!(!asks(b"a # ", false));
        assert!(!asks(b"a #", true));
    }

    #[test]
    fn a_line_without_end_is_given_away_in_pieces() {
        let mut input = input(&"x".repeat(MOST_KEPT), false);
        assert_eq!(input.next_line().unwrap().len(), MOST_KEPT + 1);
        assert_eq!(input.next_line(), None);
    }
}
