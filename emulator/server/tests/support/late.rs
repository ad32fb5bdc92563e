//! A client whose memory is reached by message, and which answers as late as it likes.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const VERSION: u16 = 1;
const DMA_MAP: u16 = 2;
const REGION_READ: u16 = 9;
const REGION_WRITE: u16 = 10;
const DMA_READ: u16 = 11;
const DMA_WRITE: u16 = 12;
const REPLY: u32 = 1;
const NO_REPLY: u32 = 0x10;

/// See the module's head.
pub struct Late {
    stream: UnixStream,
}

/// A message as it came.
struct Message {
    id: u16,
    command: u16,
    flags: u32,
    body: Vec<u8>,
}

impl Late {
    /// Connects without a word.
    pub fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream }
    }

    fn send(&mut self, id: u16, command: u16, flags: u32, body: &[u8]) -> bool {
        let size = u32::try_from(16 + body.len()).unwrap();
        let [id, command] = [id, command].map(u16::to_le_bytes);
        let [size, flags] = [size, flags].map(u32::to_le_bytes);
        let bytes = [&id[..], &command, &size, &flags, &[0; 4], body].concat();
        self.stream.write_all(&bytes).is_ok()
    }

    fn receive(&mut self) -> Option<Message> {
        let mut header = [0; 16];
        self.stream.read_exact(&mut header).ok()?;
        let half = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let mut body = vec![0; word(4) as usize - 16];
        self.stream.read_exact(&mut body).ok()?;
        Some(Message {
            id: half(0),
            command: half(2),
            flags: word(8),
            body,
        })
    }

    /// One command and the body of its reply.
    pub fn call(&mut self, command: u16, body: &[u8]) -> Vec<u8> {
        assert!(self.send(7, command, 0, body));
        let reply = self.receive().unwrap();
        assert_eq!((reply.command, reply.flags), (command, REPLY));
        reply.body
    }

    pub fn negotiate(&mut self) {
        self.call(VERSION, b"\0\0\0\0{\"capabilities\":{}}\0");
    }

    /// A register, or a part of configuration space.
    pub fn read(&mut self, region: u32, offset: u64, count: u32) -> Vec<u8> {
        let [region, count] = [region, count].map(u32::to_le_bytes);
        let body = [&offset.to_le_bytes()[..], &region, &count].concat();
        self.call(REGION_READ, &body)[16..].to_vec()
    }

    pub fn write(&mut self, region: u32, offset: u64, data: &[u8]) {
        let body = access(region, offset, data);
        self.call(REGION_WRITE, &body);
    }

    /// A write that wants no reply. Whether it could be sent.
    pub fn post(&mut self, region: u32, offset: u64, data: &[u8]) -> bool {
        self.send(7, REGION_WRITE, NO_REPLY, &access(region, offset, data))
    }

    /// A gigabyte of memory from 0 on, none of it shared, bus mastering, and a command queue in it.
    pub fn set_up(&mut self) {
        let [argsz, flags] = [32u32, 3].map(u32::to_le_bytes);
        let [offset, address, size] = [0u64, 0, 1 << 30].map(u64::to_le_bytes);
        self.call(DMA_MAP, &[&argsz[..], &flags, &offset, &address, &size].concat());
        self.write(7, 4, &[6, 4, 0, 0]);
        self.write(0, 0x10, &[0; 4]);
        self.write(0, 0x14, &0x1000_u32.to_be_bytes());
    }

    /// Rings all slots, and answers every DMA message with zeros after this time, until the connection ends or `goes_on` is
    /// over. How many messages there were.
    pub fn answer_late(mut self, after: Option<Duration>, goes_on: impl Fn() -> bool) -> usize {
        let ring = |late: &mut Self| late.post(0, 0x18, &[0xff; 4]);
        let patience = Some(Duration::from_millis(200));
        self.stream.set_read_timeout(patience).unwrap();
        let mut messages = 0;
        ring(&mut self);
        while goes_on() {
            let Some(message) = self.receive() else {
                // Nothing came for a while, or nothing will ever.
                if !ring(&mut self) {
                    break;
                }
                continue;
            };
            let asks = [DMA_READ, DMA_WRITE].contains(&message.command) && message.flags & 0xf == 0;
            if !asks {
                continue;
            }
            messages += 1;
            let Some(after) = after else {
                continue;
            };
            std::thread::sleep(after);
            let mut body = message.body[..16].to_vec();
            if message.command == DMA_READ {
                let count = u64::from_le_bytes(message.body[8..16].try_into().unwrap());
                body.resize(16 + usize::try_from(count).unwrap(), 0);
            }
            if !self.send(message.id, message.command, REPLY, &body) || !ring(&mut self) {
                break;
            }
        }
        messages
    }
}

fn access(region: u32, offset: u64, data: &[u8]) -> Vec<u8> {
    let count = u32::try_from(data.len()).unwrap();
    let [region, count] = [region, count].map(u32::to_le_bytes);
    [&offset.to_le_bytes()[..], &region, &count, data].concat()
}
