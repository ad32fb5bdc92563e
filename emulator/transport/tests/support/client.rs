//! The client's side of the protocol with nothing between the test and the bytes.

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

pub const VERSION: u16 = 1;
pub const DMA_MAP: u16 = 2;
pub const DMA_UNMAP: u16 = 3;
pub const GET_INFO: u16 = 4;
pub const GET_REGION_INFO: u16 = 5;
pub const GET_REGION_IO_FDS: u16 = 6;
pub const GET_IRQ_INFO: u16 = 7;
pub const SET_IRQS: u16 = 8;
pub const REGION_READ: u16 = 9;
pub const REGION_WRITE: u16 = 10;
pub const DMA_READ: u16 = 11;
pub const DMA_WRITE: u16 = 12;
pub const RESET: u16 = 13;

pub const NO_REPLY: u32 = 0x10;
pub const EACCES: u32 = 13;
pub const EEXIST: u32 = 17;
pub const EINVAL: u32 = 22;
pub const EMSGSIZE: u32 = 90;
pub const ENOTSUP: u32 = 95;

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub id: u16,
    pub command: u16,
    pub flags: u32,
    pub errno: u32,
    pub body: Vec<u8>,
}

impl Reply {
    /// The error number, if the reply is an error; checks that both halves of that agree.
    pub fn error(&self) -> Option<u32> {
        assert_eq!(self.flags & 0xf, 1, "a reply");
        let error = self.flags & 0x20 != 0;
        assert_eq!(
            error,
            self.errno != 0,
            "an error has a number, and only an error: {self:?}"
        );
        assert!(!error || self.body.is_empty(), "an error is a header only");
        error.then_some(self.errno)
    }
}

pub struct Client {
    pub stream: UnixStream,
    next_id: u16,
}

pub fn header(id: u16, command: u16, size: u32, flags: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(id.to_le_bytes());
    bytes.extend(command.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(flags.to_le_bytes());
    bytes.extend([0; 4]);
    bytes
}

pub fn message(id: u16, command: u16, flags: u32, body: &[u8]) -> Vec<u8> {
    [
        header(id, command, 16 + u32::try_from(body.len()).unwrap(), flags).as_slice(),
        body,
    ]
    .concat()
}

/// Numbers, little-endian, one after the other.
#[macro_export]
macro_rules! body {
    ($($number:expr),* $(,)?) => { [$($number.to_le_bytes().as_slice()),*].concat() };
}

pub fn access(region: u32, offset: u64, count: u32) -> Vec<u8> {
    body![offset, region, count]
}

pub fn dma_map(flags: u32, offset: u64, address: u64, size: u64) -> Vec<u8> {
    body![32u32, flags, offset, address, size]
}

pub fn dma_unmap(flags: u32, address: u64, size: u64) -> Vec<u8> {
    body![24u32, flags, address, size]
}

pub fn set_irqs(flags: u32, index: u32, start: u32, count: u32) -> Vec<u8> {
    body![20u32, flags, index, start, count]
}

impl Client {
    pub fn new(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream, next_id: 100 }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends bytes and descriptors with one system call.
    pub fn send_with(&mut self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(descriptors.is_empty() || control.push(SendAncillaryMessage::ScmRights(descriptors)));
        let sent = rustix::net::sendmsg(
            self.stream.as_fd(),
            &[IoSlice::new(bytes)],
            &mut control,
            SendFlags::empty(),
        );
        assert_eq!(sent.unwrap(), bytes.len());
    }

    pub fn receive(&mut self) -> Reply {
        let mut header = [0; 16];
        self.stream.read_exact(&mut header).unwrap();
        let half = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let mut body = vec![0; word(4) as usize - 16];
        self.stream.read_exact(&mut body).unwrap();
        Reply {
            id: half(0),
            command: half(2),
            flags: word(8),
            errno: word(12),
            body,
        }
    }

    /// One command with descriptors and its reply, which must be the one to it.
    pub fn call_with(&mut self, command: u16, body: &[u8], descriptors: &[BorrowedFd<'_>]) -> Reply {
        self.next_id = self.next_id.wrapping_add(1);
        let id = self.next_id;
        self.send_with(&message(id, command, 0, body), descriptors);
        let reply = self.receive();
        assert_eq!((reply.id, reply.command), (id, command));
        reply
    }

    pub fn call(&mut self, command: u16, body: &[u8]) -> Reply {
        self.call_with(command, body, &[])
    }

    pub fn negotiate(&mut self) -> Reply {
        self.call(
            VERSION,
            &[
                &body![0u16, 0u16][..],
                b"{\"capabilities\":{\"max_msg_fds\":16}}\0",
            ]
            .concat(),
        )
    }

    pub fn read(&mut self, region: u32, offset: u64, count: u32) -> Result<Vec<u8>, u32> {
        let reply = self.call(REGION_READ, &access(region, offset, count));
        match reply.error() {
            Some(errno) => Err(errno),
            None => {
                assert_eq!(reply.body[..16], access(region, offset, count));
                assert_eq!(reply.body.len(), 16 + count as usize);
                Ok(reply.body[16..].to_vec())
            }
        }
    }

    pub fn write(&mut self, region: u32, offset: u64, data: &[u8]) -> Option<u32> {
        let body = [
            access(region, offset, u32::try_from(data.len()).unwrap()),
            data.to_vec(),
        ]
        .concat();
        self.call(REGION_WRITE, &body).error()
    }

    pub fn post(&mut self, region: u32, offset: u64, data: &[u8]) {
        let body = [
            access(region, offset, u32::try_from(data.len()).unwrap()),
            data.to_vec(),
        ]
        .concat();
        self.send(&message(9999, REGION_WRITE, NO_REPLY, &body));
    }

    /// Proves that the stream is in step: the next message from the server is the reply to this read.
    pub fn in_step(&mut self) {
        assert_eq!(
            self.read(0, super::device::MAGIC_AT, 4).unwrap(),
            super::device::MAGIC.to_le_bytes()
        );
    }

    pub fn close(&mut self) {
        self.stream.shutdown(std::net::Shutdown::Both).unwrap();
    }
}
