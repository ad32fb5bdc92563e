//! A client that fills the counter of its eventfd between the server's look and its write.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and runs the client's helpers on threads"
)]

#[macro_use]
mod support;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::ReadWriteFlags;
use std::io::{IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::Served;
use support::client::{NO_REPLY, REGION_READ, SET_IRQS, access, message, set_irqs};
use support::device::{MAGIC, MAGIC_AT, MSIX};
use transport::Disconnect;

const NONE: u32 = 1;
const EVENTFD: u32 = 4;
const TRIGGER: u32 = 32;

fn fill(eventfd: &OwnedFd) {
    let _ = rustix::io::write(eventfd, &(u64::MAX - 1).to_ne_bytes());
}

fn empty(eventfd: &OwnedFd) {
    let mut count = [0; 8];
    let mut room = [IoSliceMut::new(&mut count)];
    let _ = rustix::io::preadv2(eventfd, &mut room, u64::MAX, ReadWriteFlags::NOWAIT);
}

/// What is in the counter, without taking it.
fn counter(eventfd: &OwnedFd) -> u64 {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", eventfd.as_raw_fd())).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("eventfd-count:"));
    u64::from_str_radix(line.unwrap().trim(), 16).unwrap()
}

/// Fills and empties a counter for as long as it lives. The client has made its eventfd a blocking one.
struct Filler {
    eventfd: Arc<OwnedFd>,
    ended: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Filler {
    fn start(eventfd: &Arc<OwnedFd>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let turn = |eventfd: Arc<OwnedFd>, ended: Arc<AtomicBool>, act: fn(&OwnedFd)| {
            std::thread::spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    act(&eventfd);
                }
            })
        };
        let race = |eventfd: &OwnedFd| {
            empty(eventfd);
            fill(eventfd);
        };
        // Its own write may have met the server's 1: then somebody has to let it out.
        let let_out = |eventfd: &OwnedFd| {
            if counter(eventfd) < u64::MAX - 1 {
                empty(eventfd);
            }
            std::thread::sleep(Duration::from_micros(200));
        };
        let threads = vec![
            turn(Arc::clone(eventfd), Arc::clone(&ended), race),
            turn(Arc::clone(eventfd), Arc::clone(&ended), let_out),
        ];
        Self {
            eventfd: Arc::clone(eventfd),
            ended,
            threads,
        }
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // The last write of all may stand before a full counter, and who let it out before has ended.
            while !thread.is_finished() {
                empty(&self.eventfd);
                std::thread::sleep(Duration::from_micros(200));
            }
            thread.join().unwrap();
        }
    }
}

#[test]
fn however_a_client_races_the_server_goes_on_or_drops_it() {
    let mut served = Served::start();
    let eventfd = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).unwrap());
    let arm = set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1);
    let armed = served.client.call_with(SET_IRQS, &arm, &[eventfd.as_fd()]);
    assert_eq!(armed.error(), None);
    let filler = Filler::start(&eventfd);
    let trigger = message(9, SET_IRQS, NO_REPLY, &set_irqs(NONE | TRIGGER, MSIX, 0, 1));
    let many = trigger.repeat(200);
    let patience = Some(Duration::from_secs(5));
    served.client.stream.set_write_timeout(patience).unwrap();
    for _ in 0..4_000 {
        match served.client.stream.write_all(&many) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("the server is held"),
            Err(_) => {
                assert_eq!(served.finish(), Disconnect::Held);
                return;
            }
        }
    }
    // The race is the client's to win, and it has not. Leave the counter full, as the worst it can do at the end.
    drop(filler);
    // It is served to the end, or was dropped at the last of it, when all had been sent already.
    let read = message(1, REGION_READ, 0, &access(0, MAGIC_AT, 4));
    let mut reply = [0; 36];
    let stream = &mut served.client.stream;
    match stream
        .write_all(&read)
        .and_then(|()| stream.read_exact(&mut reply))
    {
        Ok(()) => assert_eq!(reply[32..], MAGIC.to_le_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("the server is held"),
        Err(_) => assert_eq!(served.finish(), Disconnect::Held),
    }
}
