//! A client with nothing between the test and the bytes, for what the other client does not survive: errors and garbage.

use device_server::DeviceServer;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const VERSION: u16 = 1;
const REGION_READ: u16 = 9;
const REGION_WRITE: u16 = 10;
const RESET: u16 = 13;
pub const DMA_MAP: u16 = 2;
pub const SET_IRQS: u16 = 8;
/// In the lowest byte of a message's flags.
const NO_REPLY: u8 = 0x10;

pub struct Raw {
    pub stream: UnixStream,
}

pub fn message(command: u16, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(16 + body.len()).unwrap();
    [
        &1u16.to_le_bytes()[..],
        &command.to_le_bytes(),
        &size.to_le_bytes(),
        &[0; 8],
        body,
    ]
    .concat()
}

fn access(region: u32, offset: u64, count: usize) -> Vec<u8> {
    let count = u32::try_from(count).unwrap();
    [
        &offset.to_le_bytes()[..],
        &region.to_le_bytes(),
        &count.to_le_bytes(),
    ]
    .concat()
}

impl Raw {
    /// Connects to a server that is served by the caller.
    pub fn connect(path: &Path) -> Self {
        Self {
            stream: UnixStream::connect(path).unwrap(),
        }
    }

    /// One command and its reply: the body, or the error number.
    pub fn call(&mut self, server: &mut DeviceServer, command: u16, body: &[u8]) -> Result<Vec<u8>, u32> {
        self.stream.write_all(&message(command, body)).unwrap();
        let watch = server.watch(&self.stream).unwrap();
        while !server.turn(Some(Duration::from_secs(20))).unwrap().has(watch) {}
        server.unwatch(watch);
        let mut header = [0; 16];
        self.stream.read_exact(&mut header).unwrap();
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let mut body = vec![0; word(4) as usize - 16];
        self.stream.read_exact(&mut body).unwrap();
        if word(8) & 0x20 == 0 {
            Ok(body)
        } else {
            Err(word(12))
        }
    }

    pub fn negotiate(&mut self, server: &mut DeviceServer) {
        self.call(server, VERSION, b"\0\0\0\0{\"capabilities\":{}}\0")
            .unwrap();
    }

    pub fn read(
        &mut self,
        server: &mut DeviceServer,
        region: u32,
        offset: u64,
        count: usize,
    ) -> Result<Vec<u8>, u32> {
        let reply = self.call(server, REGION_READ, &access(region, offset, count))?;
        Ok(reply[16..].to_vec())
    }

    pub fn write(
        &mut self,
        server: &mut DeviceServer,
        region: u32,
        offset: u64,
        data: &[u8],
    ) -> Result<(), u32> {
        let body = [access(region, offset, data.len()), data.to_vec()].concat();
        self.call(server, REGION_WRITE, &body).map(|_| ())
    }

    /// A write that wants no reply.
    pub fn post(&mut self, region: u32, offset: u64, data: &[u8]) {
        let mut bytes = message(
            REGION_WRITE,
            &[access(region, offset, data.len()), data.to_vec()].concat(),
        );
        bytes[8] = NO_REPLY;
        self.stream.write_all(&bytes).unwrap();
    }

    /// Sends bytes and descriptors together.
    pub fn send_with(&mut self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)));
        let bytes = [IoSlice::new(bytes)];
        rustix::net::sendmsg(&self.stream, &bytes, &mut control, SendFlags::empty()).unwrap();
    }

    pub fn reset(&mut self, server: &mut DeviceServer) {
        self.call(server, RESET, &[]).unwrap();
    }
}
