//! A client of a served function, and what the protocol says that it gets for what it has sent.

use prm::Iova;
use prm::link::{DmaFault, HostBus};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, IoSlice, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use transport::protocol::{Command, HEADER_LEN, MAX_MESSAGE, flag};

/// Bytes of the memory that a client shares, which nobody has to have: the file is sparse.
pub const MEMORY: u64 = 1 << 29;

/// The client's end of a connection.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    /// What was sent and is no whole message yet.
    sent: Vec<u8>,
    /// Bytes of a message that is too large that are still to be sent.
    skipped: usize,
    /// What has come and is no whole message yet.
    received: Vec<u8>,
    /// The commands that have no answer yet: id and command.
    expected: VecDeque<(u16, u16)>,
    /// Whether what was sent has ended the connection, or this client has.
    ended: bool,
    /// Whether the other end has closed.
    closed: bool,
    next_id: u16,
}

impl Client {
    /// A client at this end.
    ///
    /// # Panics
    /// If the system fails.
    #[must_use]
    pub fn new(stream: UnixStream) -> Self {
        stream
            .set_nonblocking(true)
            .expect("a socket can be told not to block");
        Self {
            stream,
            sent: Vec::new(),
            skipped: 0,
            received: Vec::new(),
            expected: VecDeque::new(),
            ended: false,
            closed: false,
            next_id: 0,
        }
    }

    /// Whether answers are still to come.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.expected.is_empty() && !self.closed
    }

    /// Whether nothing more is to be said: by the protocol, or because the other end has closed.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.ended || self.closed
    }

    /// Whether the connection was ended by what was sent or by this client: a close at the other end is no surprise.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Sends bytes with descriptors, as far as the socket takes them.
    pub fn send(&mut self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
        if self.is_over() || bytes.is_empty() {
            return;
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(64))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() {
            control.push(SendAncillaryMessage::ScmRights(
                &descriptors[..descriptors.len().min(64)],
            ));
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match rustix::net::sendmsg(&self.stream, &[IoSlice::new(bytes)], &mut control, flags) {
            Ok(taken) => self.note_sent(&bytes[..taken]),
            Err(rustix::io::Errno::AGAIN) => {}
            Err(_) => self.closed = true,
        }
    }

    /// A well-formed command.
    pub fn command(&mut self, command: u16, flags: u32, body: &[u8], descriptors: &[BorrowedFd<'_>]) {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        self.send(&message(id, command, flags, body), descriptors);
    }

    /// Says what this side speaks.
    pub fn negotiate(&mut self) {
        self.command(
            Command::Version.raw(),
            0,
            b"\0\0\0\0{\"capabilities\":{\"max_msg_fds\":16}}\0",
            &[],
        );
    }

    /// Shares a memory at address 0.
    pub fn share(&mut self, memory: &Memory) {
        let body = [
            &32u32.to_le_bytes()[..],
            &7u32.to_le_bytes(),
            &0u64.to_le_bytes(),
            &0u64.to_le_bytes(),
            &MEMORY.to_le_bytes(),
        ]
        .concat();
        self.command(Command::DmaMap.raw(), 0, &body, &[memory.0.as_fd()]);
    }

    /// Writes registers.
    pub fn write(&mut self, region: u32, offset: u64, data: &[u8], flags: u32) {
        let body = [&access(region, offset, data.len())[..], data].concat();
        self.command(Command::RegionWrite.raw(), flags, &body, &[]);
    }

    /// Reads registers.
    pub fn read(&mut self, region: u32, offset: u64, count: usize) {
        self.command(Command::RegionRead.raw(), 0, &access(region, offset, count), &[]);
    }

    /// Goes away.
    pub fn hang_up(&mut self) {
        self.ended = true;
        _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    fn note_sent(&mut self, mut bytes: &[u8]) {
        let skipped = self.skipped.min(bytes.len());
        self.skipped -= skipped;
        bytes = &bytes[skipped..];
        self.sent.extend_from_slice(bytes);
        while !self.ended && self.sent.len() >= HEADER_LEN {
            let half = |at: usize| u16::from_le_bytes([self.sent[at], self.sent[at + 1]]);
            let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
            let (id, command, size, flags) = (half(0), half(2), word(4) as usize, word(8));
            let is_whole = (HEADER_LEN..=MAX_MESSAGE).contains(&size);
            if is_whole && self.sent.len() < size {
                return;
            }
            if flags & flag::TYPE != flag::REPLY && flags & flag::NO_REPLY == 0 {
                self.expected.push_back((id, command));
            }
            if size < HEADER_LEN {
                self.ended = true;
                return;
            }
            let here = size.min(self.sent.len());
            self.skipped = size - here;
            self.sent.drain(..here);
        }
    }

    /// Takes what has come: each answer is the one to the oldest command that has none, and what has failed says so in the header
    /// alone.
    ///
    /// # Panics
    /// If that is not so.
    pub fn receive(&mut self) {
        let mut buffer = [0; 64 << 10];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.closed = true,
                Ok(count) => {
                    self.received.extend_from_slice(&buffer[..count]);
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.closed = true,
            }
            break;
        }
        let mut at = 0;
        while let Some(header) = self.received.get(at..at + HEADER_LEN) {
            let half = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
            let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
            let (id, command, size, flags, error) = (half(0), half(2), word(4) as usize, word(8), word(12));
            assert!(
                (HEADER_LEN..=MAX_MESSAGE).contains(&size),
                "a message has its size: {size}"
            );
            if self.received.len() - at < size {
                break;
            }
            if flags & flag::TYPE == flag::REPLY {
                let expected = self.expected.pop_front();
                assert_eq!(
                    Some((id, command)),
                    expected,
                    "commands are answered one by one, in order"
                );
                let has_failed = flags & flag::ERROR != 0;
                assert_eq!(
                    has_failed,
                    error != 0,
                    "an error has its number, and only an error"
                );
                assert!(!has_failed || size == HEADER_LEN, "an error is a header");
            } else {
                let asks = command == Command::DmaRead.raw() || command == Command::DmaWrite.raw();
                assert!(
                    asks && flags == flag::COMMAND,
                    "only memory is asked for: {command} {flags:#x}"
                );
            }
            at += size;
        }
        self.received.drain(..at);
    }

    /// Nothing is owed, unless the connection is over.
    ///
    /// # Panics
    /// If something is.
    pub fn is_answered(&self) {
        assert!(
            self.is_over() || self.expected.is_empty(),
            "these have no answer: {:?}",
            self.expected
        );
    }
}

/// A message.
#[must_use]
pub fn message(id: u16, command: u16, flags: u32, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(HEADER_LEN + body.len()).unwrap_or(u32::MAX);
    let mut bytes = [id.to_le_bytes(), command.to_le_bytes()].concat();
    for word in [size, flags, 0] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend_from_slice(body);
    bytes
}

/// The head of an access to a region.
#[must_use]
pub fn access(region: u32, offset: u64, count: usize) -> Vec<u8> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    [
        &offset.to_le_bytes()[..],
        &region.to_le_bytes(),
        &count.to_le_bytes(),
    ]
    .concat()
}

/// Memory that a client shares, its first byte at address 0.
#[derive(Debug)]
pub struct Memory(File);

impl Memory {
    /// Memory; `sealed`: it cannot shrink, so that a server maps it.
    ///
    /// # Panics
    /// If the system has none.
    #[must_use]
    pub fn new(sealed: bool) -> Self {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(rustix::fs::memfd_create("fuzz", flags).expect("there is memory"));
        file.set_len(MEMORY).expect("a sparse file takes nothing");
        if sealed {
            rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK).expect("it is not sealed yet");
        }
        Self(file)
    }

    /// The descriptor.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.0
    }
}

impl HostBus for Memory {
    fn dma_read(&mut self, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
        self.0.read_exact_at(into, at.0).map_err(|_| DmaFault { at })
    }

    fn dma_write(&mut self, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
        if at.0.checked_add(from.len() as u64).is_none_or(|end| end > MEMORY) {
            return Err(DmaFault { at });
        }
        self.0.write_all_at(from, at.0).map_err(|_| DmaFault { at })
    }

    fn interrupt(&mut self, _vector: u16) {}
}
