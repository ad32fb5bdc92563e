//! The two directions of a connected socket.

use crate::deadline::Deadline;
use crate::message::{Inbox, Received, Wait};
use rustix::event::{PollFd, PollFlags};
use rustix::net::{SendFlags, send};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disconnect {
    /// The client has closed its end.
    #[error("the client has closed the connection")]
    Closed,
    /// What the client sends cannot be cut into messages any more.
    #[error("the client has sent a message size below that of a header")]
    Unframed,
    /// The client took no bytes in time, in the middle of a message.
    #[error("the client does not take what it is sent")]
    Stalled,
    /// The client kept the counter of an eventfd full, so that signalling it did not end by itself.
    #[error("the client kept an eventfd from being signalled")]
    Held,
    /// The socket failed.
    #[error("socket: {0}")]
    Socket(rustix::io::Errno),
}

/// A connected socket, what it has brought and what it has not taken yet.
#[derive(Debug)]
pub struct Link {
    stream: OwnedFd,
    /// What has arrived.
    pub inbox: Inbox,
    /// The rest of a reply that the socket did not take at once.
    unsent: Vec<u8>,
    over: Option<Disconnect>,
    /// System calls so far.
    calls: u64,
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Link {
    /// A link over a connected stream socket in blocking mode.
    #[must_use]
    pub fn new(stream: OwnedFd) -> Self {
        Self {
            stream,
            inbox: Inbox::default(),
            unsent: Vec::new(),
            over: None,
            calls: 0,
        }
    }

    /// Why the connection is over, if it is.
    #[must_use]
    pub fn over(&self) -> Option<Disconnect> {
        self.over
    }

    /// System calls for receiving, sending and waiting so far.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// Whether the rest of a reply waits for the socket to take it.
    #[must_use]
    pub fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// One receive into the inbox.
    ///
    /// # Errors
    /// Why the connection is over.
    pub fn receive(&mut self, wait: Wait) -> Result<Received, Disconnect> {
        if let Some(over) = self.over {
            return Err(over);
        }
        self.calls += 1;
        match self.inbox.receive(self.stream.as_fd(), wait) {
            Ok(Received::Closed) => Err(self.end(Disconnect::Closed)),
            Ok(received) => Ok(received),
            Err(error) => Err(self.end(Disconnect::Socket(error))),
        }
    }

    /// Sends a message with one system call. What the socket does not take is kept, and goes first next time.
    ///
    /// # Errors
    /// Why the connection is over.
    #[inline]
    pub fn send(&mut self, message: &[u8]) -> Result<(), Disconnect> {
        if let Some(over) = self.over {
            return Err(over);
        }
        let sent = if self.unsent.is_empty() {
            self.push(message)?
        } else {
            0
        };
        if sent < message.len() {
            self.unsent.extend_from_slice(&message[sent..]);
        }
        Ok(())
    }

    /// Sends what is left of earlier messages, as far as the socket takes it.
    ///
    /// # Errors
    /// Why the connection is over.
    pub fn flush(&mut self) -> Result<(), Disconnect> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        if let Some(over) = self.over {
            return Err(over);
        }
        let unsent = std::mem::take(&mut self.unsent);
        let sent = self.push(&unsent)?;
        // The memory of a large reply is given back once it is out.
        if sent < unsent.len() {
            self.unsent = unsent;
            self.unsent.drain(..sent);
        }
        Ok(())
    }

    /// Sends all that is left, receiving meanwhile, so that two full sockets cannot wait for each other.
    ///
    /// # Errors
    /// Why the connection is over; [`Disconnect::Stalled`] if the deadline passes, `None` for no deadline.
    pub fn flush_all(&mut self, deadline: Option<Deadline>) -> Result<(), Disconnect> {
        while self.has_unsent() {
            self.flush()?;
            if self.has_unsent() && !self.wait(PollFlags::OUT, deadline)? {
                return Err(self.end(Disconnect::Stalled));
            }
        }
        Ok(())
    }

    /// Waits for bytes, or for room to send, whatever comes first, and receives what there is. False once the
    /// deadline has passed.
    ///
    /// # Errors
    /// Why the connection is over.
    pub fn wait(&mut self, also: PollFlags, deadline: Option<Deadline>) -> Result<bool, Disconnect> {
        let left = match deadline.map(Deadline::left) {
            Some(None) => return Ok(false),
            Some(left) => left,
            None => None,
        };
        // A full inbox is not asked for more; then only room to send can end the wait.
        let mut wanted = also;
        wanted.set(PollFlags::IN, !self.inbox.is_full());
        self.calls += 1;
        let mut ready = [PollFd::new(&self.stream, wanted)];
        let polled = rustix::io::retry_on_intr(|| rustix::event::poll(&mut ready, left.as_ref()));
        let events = ready[0].revents();
        match polled {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(error) => return Err(self.end(Disconnect::Socket(error))),
        }
        if events.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            self.receive(Wait::No)?;
        }
        Ok(true)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<usize, Disconnect> {
        self.calls += 1;
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        match rustix::io::retry_on_intr(|| send(&self.stream, bytes, flags)) {
            Ok(sent) => Ok(sent),
            Err(rustix::io::Errno::AGAIN) => Ok(0),
            Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => Err(self.end(Disconnect::Closed)),
            Err(error) => Err(self.end(Disconnect::Socket(error))),
        }
    }

    /// Notes that the connection is over.
    pub fn end(&mut self, why: Disconnect) -> Disconnect {
        *self.over.get_or_insert(why)
    }
}
