//! A thousand clients that misbehave and go away leave nothing behind.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, computes small numbers, and runs the server on a thread"
)]

#[macro_use]
mod support;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, SealFlags};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use support::client::{Client, DMA_MAP, SET_IRQS, VERSION, dma_map, header, message, set_irqs};
use support::device::{MSIX, Ports, Shared};
use support::process::{descriptors, memory};
use transport::Server;

const ROUNDS: u32 = 1000;

fn guest_memory() -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = rustix::fs::memfd_create("guest", flags).unwrap();
    rustix::fs::ftruncate(&file, 1 << 20).unwrap();
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
    file
}

/// One client, a different misuse each round. It always leaves without a word.
fn misbehave(client: &mut Client, round: u32) {
    let garbage: Vec<u8> = (0..3000u32)
        .map(|at| (at.wrapping_mul(round.wrapping_mul(2_654_435_761)) >> 13) as u8)
        .collect();
    if round.is_multiple_of(8) {
        client.stream.set_nonblocking(true).unwrap();
        drop(std::io::Write::write(&mut client.stream, &garbage));
        return;
    }
    assert_eq!(client.negotiate().error(), None);
    let memory = guest_memory();
    let eventfd = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    for page in 0..8 {
        let map = dma_map(3, page * 4096, page * 4096, 4096);
        assert_eq!(client.call_with(DMA_MAP, &map, &[memory.as_fd()]).error(), None);
    }
    let arm = set_irqs(36, MSIX, 0, 8);
    assert_eq!(
        client.call_with(SET_IRQS, &arm, &[eventfd.as_fd(); 8]).error(),
        None
    );
    match round % 8 {
        1 => client.send_with(
            &message(1, DMA_MAP, 0, &dma_map(3, 0, 1 << 30, 4096))[..30],
            &[memory.as_fd(); 16],
        ),
        2 => client.send_with(&header(1, 9, 1 << 30, 0), &[memory.as_fd()]),
        3 => client.send_with(&message(1, VERSION, 0, &garbage), &[eventfd.as_fd(); 100]),
        4 => {
            for byte in message(1, SET_IRQS, 0, &arm) {
                client.send_with(&[byte], &[eventfd.as_fd(); 16]);
            }
        }
        5 => client.send(&header(1, 9, 3, 0)),
        6 => client.send(&message(1, 0x7777, 0, &garbage).repeat(20)),
        _ => client.send(&message(1, 10, 0, &garbage)[..1000]),
    }
}

#[test]
fn a_thousand_rounds_of_garbage_leave_no_descriptors_and_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let mut server = Server::bind(&path).unwrap();
    let shared = Shared::default();
    let mut device = Ports::new(shared.clone());
    let (report, reports) = std::sync::mpsc::channel();
    let serving = std::thread::spawn(move || {
        for _ in 0..=ROUNDS {
            report.send(server.serve_one(&mut device).unwrap()).unwrap();
        }
    });
    let mut after_warm_up = None;
    for round in 0..ROUNDS {
        let mut client = Client::new(UnixStream::connect(&path).unwrap());
        misbehave(&mut client, round);
        drop(client);
        reports.recv().unwrap();
        if round == 100 {
            after_warm_up = Some((descriptors(), memory()));
        }
    }
    let (descriptors_then, memory_then) = after_warm_up.unwrap();
    assert_eq!(descriptors(), descriptors_then);
    assert!(
        memory() < memory_then + 2048,
        "{} KiB, {memory_then} KiB after the first hundred",
        memory()
    );
    // And it serves still.
    let mut client = Client::new(UnixStream::connect(&path).unwrap());
    assert_eq!(client.negotiate().error(), None);
    client.in_step();
    // Sixty thousand maps in one file take one descriptor.
    let memory = guest_memory();
    let before = descriptors();
    for page in 0..60_000 {
        let map = dma_map(3, page % 16 * 4096, page * 4096, 4096);
        assert_eq!(client.call_with(DMA_MAP, &map, &[memory.as_fd()]).error(), None);
    }
    assert_eq!(descriptors(), before + 1);
    drop(client);
    serving.join().unwrap();
    let seen = shared.lock().unwrap();
    assert_eq!((seen.connected, seen.disconnected), (ROUNDS + 1, ROUNDS + 1));
}
