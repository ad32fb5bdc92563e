//! Client memory without a descriptor: the client is asked by message ("`VFIO_USER_DMA_READ`",
//! "`VFIO_USER_DMA_WRITE`").
//!
//! An access waits for its replies. All accesses between two refills together wait for a bounded time, and for less where
//! others want something: the waiting is done by the one thread that serves the other clients, too (see
//! [`Patience`](crate::Patience)). What the client sends meanwhile stays in the inbox and is
//! processed afterwards, in order.

use crate::deadline::Deadline;
use crate::device::DmaError;
use crate::errno::Errno;
use crate::link::{Disconnect, Link};
use crate::message::Wait;
use crate::patience::{Member, Patience, Waited};
use crate::protocol::{Command, DmaAccess, HEADER_LEN, Header, MAX_TRANSFER, flag};
use rustix::event::PollFlags;
use std::ops::Range;
use std::os::fd::AsFd;
use std::time::Duration;
use zerocopy::{FromBytes, IntoBytes};

/// Data bytes of one request. Smaller than what a client must take, so that its reply finds room in the inbox.
const CHUNK: usize = 64 << 10;

/// Bytes of a request before its data.
const HEAD: usize = HEADER_LEN + size_of::<DmaAccess>();

/// Our side of the commands that go to the client.
#[derive(Debug)]
pub struct RemoteDma {
    next_id: u16,
    /// A request whose reply did not come in time. None is sent while there is one.
    unanswered: Option<u16>,
    chunk: usize,
    patience: Duration,
    /// What is left of the patience until it is refilled.
    left: Duration,
    /// What it has in common with other clients.
    member: Member,
}

impl RemoteDma {
    /// A client that is given `patience` for all accesses between two refills.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self {
            next_id: 0,
            unanswered: None,
            chunk: CHUNK,
            patience,
            left: patience,
            member: Member::of(&Patience::default()),
        }
    }

    /// Waits as one of these clients from now on.
    pub fn join(&mut self, patience: &Patience) {
        self.member = Member::of(patience);
    }

    /// Gives the client its patience anew.
    pub fn refill(&mut self) {
        self.left = self.patience;
    }

    /// Takes note of the client's `max_data_xfer_size`.
    pub fn limit(&mut self, max_transfer: u64) {
        let limit = usize::try_from(max_transfer).unwrap_or(MAX_TRANSFER);
        self.chunk = limit.clamp(1, CHUNK);
    }

    /// Takes note of a reply that nobody waits for any more.
    pub fn late_reply(&mut self, id: u16) {
        if self.unanswered == Some(id) {
            self.unanswered = None;
        }
    }

    /// Reads client memory.
    ///
    /// # Errors
    /// If the client refuses, answers wrongly or not in time, or is gone.
    pub fn read(&mut self, link: &mut Link, iova: u64, into: &mut [u8]) -> Result<(), DmaError> {
        let mut at = iova;
        for chunk in into.chunks_mut(self.chunk) {
            let reply = self.ask(link, Command::DmaRead, at, chunk.len(), &[])?;
            let reply = link.inbox.bytes(reply);
            chunk.copy_from_slice(data(reply, at, chunk.len()).ok_or(DmaError::Protocol)?);
            at = at.wrapping_add(chunk.len() as u64);
        }
        Ok(())
    }

    /// Writes client memory.
    ///
    /// # Errors
    /// If the client refuses, answers wrongly or not in time, or is gone.
    pub fn write(&mut self, link: &mut Link, iova: u64, from: &[u8]) -> Result<(), DmaError> {
        let mut at = iova;
        for chunk in from.chunks(self.chunk) {
            self.ask(link, Command::DmaWrite, at, chunk.len(), chunk)?;
            at = at.wrapping_add(chunk.len() as u64);
        }
        Ok(())
    }

    /// One request and its reply: where the body of the reply lies in the inbox.
    fn ask(
        &mut self,
        link: &mut Link,
        command: Command,
        address: u64,
        count: usize,
        data: &[u8],
    ) -> Result<Range<usize>, DmaError> {
        // Without patience nothing is sent: nobody would wait until it is taken.
        if self.unanswered.is_some() || self.left.is_zero() || self.member.is_in_disgrace() {
            return Err(DmaError::TimedOut);
        }
        let deadline = Deadline::after(self.left);
        let result = self.ask_until(link, command, address, count, data, deadline);
        self.left = deadline.remaining();
        if result.is_ok() {
            self.member.note_answer();
        }
        result
    }

    fn ask_until(
        &mut self,
        link: &mut Link,
        command: Command,
        address: u64,
        count: usize,
        data: &[u8],
        deadline: Deadline,
    ) -> Result<Range<usize>, DmaError> {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        let access = DmaAccess {
            address: address.into(),
            count: (count as u64).into(),
        };
        let size = u32::try_from(HEAD + data.len()).map_err(|_| DmaError::Protocol)?;
        let header = Header {
            message_id: id.into(),
            command: command.raw().into(),
            message_size: size.into(),
            flags: flag::COMMAND.into(),
            error: 0.into(),
        };
        // One allocation per request: messages of this kind are the slow way by design.
        let message = [header.as_bytes(), access.as_bytes(), data].concat();
        link.send(&message).map_err(|_| DmaError::Disconnected)?;
        self.flush(link, id, deadline)?;
        let (header, body) = self.await_reply(link, id, deadline)?;
        if header.flags.get() & flag::ERROR != 0 {
            let errno = i32::try_from(header.error.get()).unwrap_or(0);
            return Err(DmaError::Refused(Errno::from_raw(errno)));
        }
        if header.command.get() != command.raw() {
            return Err(DmaError::Protocol);
        }
        Ok(body)
    }

    /// Sends all of a request. What is left of it when others come first goes out later, and counts as unanswered.
    fn flush(&mut self, link: &mut Link, id: u16, deadline: Deadline) -> Result<(), DmaError> {
        while link.has_unsent() {
            link.flush().map_err(|_| DmaError::Disconnected)?;
            if !link.has_unsent() {
                break;
            }
            match self.wait(link, PollFlags::OUT, deadline)? {
                Waited::Ready => {}
                Waited::Exhausted => {
                    link.end(Disconnect::Stalled);
                    return Err(DmaError::Disconnected);
                }
                Waited::CutShort => return Err(self.give_up(id)),
            }
        }
        Ok(())
    }

    /// Waits for bytes, and for what else is wanted, and receives what there is.
    fn wait(&self, link: &mut Link, also: PollFlags, deadline: Deadline) -> Result<Waited, DmaError> {
        // A full inbox is not asked for more; then only room to send can end the wait.
        let mut wanted = also;
        wanted.set(PollFlags::IN, !link.inbox.is_full());
        let waited = self
            .member
            .wait(link.as_fd(), wanted, deadline)
            .map_err(|error| {
                link.end(Disconnect::Socket(error));
                DmaError::Disconnected
            })?;
        if waited == Waited::Ready {
            link.receive(Wait::No).map_err(|_| DmaError::Disconnected)?;
        }
        Ok(waited)
    }

    /// Others come first: the answer to this request is not waited for any longer.
    fn give_up(&mut self, id: u16) -> DmaError {
        self.unanswered = Some(id);
        self.member.note_late();
        DmaError::TimedOut
    }

    fn await_reply(
        &mut self,
        link: &mut Link,
        id: u16,
        deadline: Deadline,
    ) -> Result<(Header, Range<usize>), DmaError> {
        loop {
            match link.inbox.reply(id) {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) if link.inbox.is_full() => break,
                Ok(None) => {}
                Err(_) => break,
            }
            match self.wait(link, PollFlags::empty(), deadline)? {
                Waited::Ready => {}
                Waited::Exhausted => {
                    self.unanswered = Some(id);
                    return Err(DmaError::TimedOut);
                }
                Waited::CutShort => return Err(self.give_up(id)),
            }
        }
        // More than the inbox holds has come, and the reply is not among it.
        self.unanswered = Some(id);
        Err(DmaError::Protocol)
    }
}

/// The data of a reply to a read.
fn data(body: &[u8], address: u64, count: usize) -> Option<&[u8]> {
    let (access, data) = DmaAccess::read_from_prefix(body).ok()?;
    (access.address.get() == address && data.len() == count).then_some(data)
}
