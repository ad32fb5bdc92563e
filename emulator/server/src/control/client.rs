//! One client of the control socket: bytes in, lines out of them, answers back, without ever blocking.

use crate::control::lines::{Line, Lines};
use crate::control::message::{Outcome, Reply};
use prm::Cycles;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use serde::Serialize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What a client may leave unread, in bytes. One that leaves more when there is something new is dropped.
pub const UNREAD_LIMIT: usize = 1 << 20;

/// What may be kept of one burst: the records of one turn come at once, however many the client has read before. A
/// client for which there is more is dropped.
const BURST_LIMIT: usize = 8 * UNREAD_LIMIT;

/// Room that a client keeps while there is nothing left to send.
const IDLE_ROOM: usize = 64 * 1024;

/// Bytes taken from a client at a time.
const CHUNK: usize = 16 * 1024;

/// A request that is answered when a hold has caught a command.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    /// The request.
    pub(super) id: u64,
    /// Its line.
    pub(super) line: u64,
    /// The hold.
    pub(super) name: String,
    /// How long it waits, in milliseconds.
    pub(super) within_ms: u32,
    /// Until when.
    pub(super) deadline: Cycles,
}

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    stream: OwnedFd,
    lines: Lines,
    /// What could not be sent yet, from `sent` on.
    output: Vec<u8>,
    sent: usize,
    /// It will send nothing more.
    input_ended: bool,
    /// It will take nothing more. What it has sent is carried out all the same.
    is_deaf: bool,
    /// It did not read what it was sent.
    is_slow: bool,
    /// Whether it gets every record.
    pub(super) is_subscribed: bool,
    /// Number of the next command that it asks for.
    pub(super) next_command: u64,
    /// Its requests that are not answered yet.
    pub(super) waits: Vec<Wait>,
    /// How many of its orders are under way in the guest.
    pub(super) guest_calls: usize,
    /// What is watched for.
    pub(super) interest: EventFlags,
}

impl Client {
    /// A client that has just connected.
    pub(super) fn new(stream: OwnedFd) -> Self {
        Self {
            stream,
            lines: Lines::default(),
            output: Vec::new(),
            sent: 0,
            input_ended: false,
            is_deaf: false,
            is_slow: false,
            is_subscribed: false,
            next_command: 0,
            waits: Vec::new(),
            guest_calls: 0,
            interest: EventFlags::IN,
        }
    }

    /// Takes what has come, if there is nothing left to send: a client that does not read is not listened to either.
    pub(super) fn receive(&mut self) {
        if self.has_output() || self.input_ended {
            return;
        }
        let mut chunk = [0; CHUNK];
        match rustix::io::retry_on_intr(|| rustix::net::recv(&self.stream, &mut chunk, RecvFlags::DONTWAIT)) {
            Ok((_, 0)) => self.input_ended = true,
            Ok((_, received)) => self.lines.push(&chunk[..received]),
            Err(Errno::AGAIN) => {}
            Err(_) => (self.input_ended, self.is_deaf) = (true, true),
        }
    }

    /// The next line to carry out; none while an earlier answer has not gone out.
    pub(super) fn next_line(&mut self) -> Option<(u64, Line)> {
        if self.has_output() {
            return None;
        }
        let line = self.lines.next();
        line.or_else(|| self.input_ended.then(|| self.lines.last()).flatten())
    }

    /// Sends an answer.
    pub(super) fn answer(&mut self, id: Option<u64>, outcome: Outcome) {
        self.send(&Reply { id, outcome });
    }

    fn send(&mut self, line: &impl Serialize) {
        self.send_all(std::slice::from_ref(line));
    }

    /// Sends lines, or keeps what the socket does not take. What counts as unread is what was left before: of the new
    /// ones the client could not have read any. Only where they are more than [`BURST_LIMIT`] it is slow all the same.
    pub(super) fn send_all(&mut self, lines: &[impl Serialize]) {
        self.is_slow |= self.output.len() - self.sent > UNREAD_LIMIT;
        if self.is_deaf || self.is_slow {
            return;
        }
        self.output.drain(..self.sent);
        self.sent = 0;
        for line in lines {
            if self.output.len() > BURST_LIMIT {
                self.is_slow = true;
                self.forget_output();
                return;
            }
            // Nothing that is sent has a key that is no text, the one thing that JSON cannot say.
            if serde_json::to_writer(&mut self.output, line).is_ok() {
                self.output.push(b'\n');
            }
        }
        self.flush();
    }

    /// Sends what is left, as far as the socket takes it.
    pub(super) fn flush(&mut self) {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        while self.has_output() {
            let rest = &self.output[self.sent..];
            match rustix::io::retry_on_intr(|| rustix::net::send(&self.stream, rest, flags)) {
                Ok(sent) => self.sent += sent,
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.is_deaf = true;
                    break;
                }
            }
        }
        self.forget_output();
    }

    /// There is nothing left to send: what a long answer took is given back.
    fn forget_output(&mut self) {
        self.output.clear();
        self.output.shrink_to(IDLE_ROOM);
        self.sent = 0;
    }

    fn has_output(&self) -> bool {
        self.sent < self.output.len()
    }

    /// Whether it did not read what it was sent, and too much of it.
    pub(super) const fn is_slow(&self) -> bool {
        self.is_slow
    }

    fn has_line(&self) -> bool {
        self.lines.has_line(self.input_ended)
    }

    /// Whether nothing can come of it any more.
    pub(super) fn is_over(&self) -> bool {
        let waits = !self.waits.is_empty() || self.guest_calls > 0;
        let expects = self.has_output() || self.is_subscribed || waits;
        self.is_slow || self.input_ended && !self.has_line() && (self.is_deaf || !expects)
    }

    /// Whether it is to be looked at although its socket tells nothing.
    pub(super) fn has_work(&self) -> bool {
        !self.waits.is_empty() || self.is_over() || !self.has_output() && self.has_line()
    }

    /// What to watch its socket for. That it is gone is always told. One with a line left is woken for by what it can
    /// take: its line is carried out once nothing is left to send.
    pub(super) fn wanted(&self) -> EventFlags {
        match (self.has_output() || self.has_line(), self.input_ended) {
            (true, _) => EventFlags::OUT,
            (false, false) => EventFlags::IN,
            (false, true) => EventFlags::empty(),
        }
    }

    /// The other end is gone: nothing can be sent.
    pub(super) fn hung_up(&mut self) {
        self.is_deaf = true;
        self.forget_output();
    }
}

#[cfg(test)]
impl Client {
    /// Bytes that are kept for it.
    pub(super) fn kept(&self) -> usize {
        self.output.len()
    }

    /// Room that it takes.
    pub(super) fn room(&self) -> usize {
        self.output.capacity()
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
