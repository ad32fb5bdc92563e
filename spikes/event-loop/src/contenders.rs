//! The ways to serve, and what the client says.

use rustix::event::{PollFd, PollFlags, epoll, poll};
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use tokio::io::unix::AsyncFd;
use transport::{Connection, Device, DeviceInfo, Errno, Host, Progress, RegionInfo};

pub const REQUEST: usize = 32;
pub const REPLY: usize = 36;

/// One register of a BAR.
struct Register;

impl Device for Register {
    fn info(&self) -> DeviceInfo {
        let mut regions = vec![RegionInfo::default(); 9];
        regions[0] = RegionInfo::read_write(4096);
        DeviceInfo {
            regions,
            irqs: Vec::new(),
        }
    }

    fn region_read(&mut self, _: u32, _: u64, data: &mut [u8], _: &mut dyn Host) -> Result<(), Errno> {
        data.fill(0x5a);
        Ok(())
    }

    fn region_write(&mut self, _: u32, _: u64, _: &[u8], _: &mut dyn Host) -> Result<(), Errno> {
        Ok(())
    }

    fn reset(&mut self, _: &mut dyn Host) {}
}

/// Four bytes at offset 0 of region 0.
pub fn register_read() -> [u8; REQUEST] {
    let mut request = [0; REQUEST];
    (request[2], request[4], request[28]) = (9, 32, 4);
    request
}

/// Greets a server that wants it.
pub fn negotiate(client: &mut UnixStream) {
    let body = b"\0\0\0\0{\"capabilities\":{}}\0";
    let mut greeting = vec![1, 0, 1, 0, 16 + u8::try_from(body.len()).unwrap()];
    greeting.resize(16, 0);
    greeting.extend_from_slice(body);
    client.write_all(&greeting).unwrap();
    let mut header = [0; 16];
    client.read_exact(&mut header).unwrap();
    let size = u32::from_le_bytes(header[4..8].try_into().unwrap()) as usize;
    client.read_exact(&mut vec![0; size - 16]).unwrap();
}

fn connection(stream: UnixStream) -> Connection {
    Connection::new(OwnedFd::from(stream), Register.info())
}

/// Answers with 36 bytes to 32, and knows nothing of the protocol.
pub fn floor(mut stream: UnixStream, _: &[UnixStream]) {
    let mut request = [0; REQUEST];
    let reply = [0x5a; REPLY];
    while stream.read_exact(&mut request).is_ok() && stream.write_all(&reply).is_ok() {}
}

/// An epoll that watches what serves and what is idle.
fn watching(served: impl AsFd, idle: &[UnixStream]) -> OwnedFd {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    for (number, idle) in (1..).zip(idle) {
        epoll::add(
            &epoll,
            idle,
            epoll::EventData::new_u64(number),
            epoll::EventFlags::IN,
        )
        .unwrap();
    }
    epoll::add(
        &epoll,
        served,
        epoll::EventData::new_u64(0),
        epoll::EventFlags::IN,
    )
    .unwrap();
    epoll
}

fn wait(epoll: &OwnedFd) {
    let mut room = [const { MaybeUninit::<epoll::Event>::uninit() }; 64];
    let (events, _) = epoll::wait(epoll, &mut room, None).unwrap();
    assert_eq!(events[0].data.u64(), 0);
}

pub fn epoll_without_transport(mut stream: UnixStream, idle: &[UnixStream]) {
    let epoll = watching(&stream, idle);
    let mut request = [0; REQUEST];
    let reply = [0x5a; REPLY];
    loop {
        wait(&epoll);
        if stream.read_exact(&mut request).is_err() || stream.write_all(&reply).is_err() {
            return;
        }
    }
}

pub fn blocking(stream: UnixStream, _: &[UnixStream]) {
    connection(stream).serve(&mut Register);
}

pub fn polling(stream: UnixStream, idle: &[UnixStream]) {
    let mut connection = connection(stream);
    loop {
        let readable = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        let idle = idle.iter().map(AsFd::as_fd).map(readable);
        let mut watched: Vec<PollFd<'_>> = std::iter::once(readable(connection.as_fd()))
            .chain(idle)
            .collect();
        poll(&mut watched, None).unwrap();
        if matches!(connection.on_readable(&mut Register), Progress::Disconnected(_)) {
            return;
        }
    }
}

pub fn epoll(stream: UnixStream, idle: &[UnixStream]) {
    let mut connection = connection(stream);
    let epoll = watching(&connection, idle);
    loop {
        wait(&epoll);
        if matches!(connection.on_readable(&mut Register), Progress::Disconnected(_)) {
            return;
        }
    }
}

/// The connection's descriptor as tokio wants it. The reactor is told of edges, so a readiness is only given up after a receive
/// that brought nothing: one system call more than with levels.
#[expect(
    deprecated,
    reason = "what replaces it is unsafe, since who is watched must not be closed"
)]
pub fn tokio(stream: UnixStream, idle: &[UnixStream]) {
    let descriptor = stream.try_clone().unwrap();
    let mut connection = connection(stream);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        let waiting = idle
            .iter()
            .map(|idle| AsyncFd::new(idle.try_clone().unwrap()).unwrap());
        let _idle: Vec<AsyncFd<_>> = waiting.collect();
        let descriptor = AsyncFd::new(descriptor).unwrap();
        loop {
            let mut readiness = descriptor.readable().await.unwrap();
            loop {
                match connection.on_readable(&mut Register) {
                    Progress::Served => {}
                    Progress::Idle => break,
                    Progress::Blocked => unreachable!("the client takes every reply"),
                    Progress::Disconnected(_) => return,
                }
            }
            readiness.clear_ready();
        }
    });
}
