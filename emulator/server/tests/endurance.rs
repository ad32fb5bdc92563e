//! A thousand clients that misbehave and go away leave nothing behind. Alone in its program: it counts descriptors.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, computes small numbers, and others run the server on a thread"
)]

#[path = "../../transport/tests/support/process.rs"]
mod process;
mod support;

use device_server::DeviceServer;
use process::{descriptors, memory};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, SealFlags};
use std::io::Write;
use std::os::fd::AsFd;
use std::time::Duration;
use support::pf;
use support::raw::{DMA_MAP, Raw, SET_IRQS, message};

const ROUNDS: u32 = 1000;

#[test]
fn a_thousand_rounds_of_garbage_leave_no_descriptors_and_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = DeviceServer::bind(pf(), 1, folder.path()).unwrap();
    let slots = server.slots();
    let memory_file = rustix::fs::memfd_create("guest", MemfdFlags::ALLOW_SEALING).unwrap();
    rustix::fs::ftruncate(&memory_file, 0x1000).unwrap();
    rustix::fs::fcntl_add_seals(&memory_file, SealFlags::SHRINK).unwrap();
    let eventfd = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let mut after_warm_up = None;
    for round in 0..ROUNDS {
        let slot = &slots[round as usize % slots.len()];
        let mut client = Raw::connect(&slot.socket);
        let garbage: Vec<u8> = (0..3000u32)
            .map(|at| (at.wrapping_mul(round.wrapping_mul(2_654_435_761)) >> 13) as u8)
            .collect();
        if !round.is_multiple_of(4) {
            client.negotiate(&mut server);
            client.reset(&mut server);
        }
        // Memory and vectors that it never gives back.
        let map = [32u32, 3, 0, 0, 0x1000 * round, 0, 0x1000, 0]
            .map(u32::to_le_bytes)
            .concat();
        client.send_with(&message(DMA_MAP, &map), &[memory_file.as_fd()]);
        let arm = [20u32, 0x24, 2, round % 16, 1].map(u32::to_le_bytes).concat();
        client.send_with(&message(SET_IRQS, &arm), &[eventfd.as_fd()]);
        // Register accesses with a region, an offset and a count that make sense to nobody, and a message that ends early.
        for part in garbage.chunks(40).take(30) {
            client
                .stream
                .write_all(&message(9 + round as u16 % 2, part))
                .unwrap();
        }
        client.stream.write_all(&garbage[..1000]).unwrap();
        for _ in 0..2 {
            server.turn(Some(Duration::ZERO)).unwrap();
        }
        drop(client);
        while server.connected(slot.function) {
            server.turn(Some(Duration::from_secs(1))).unwrap();
        }
        drop(server.take_records());
        if round == 100 {
            after_warm_up = Some((descriptors(), memory()));
        }
    }
    let (descriptors_then, memory_then) = after_warm_up.unwrap();
    assert_eq!(descriptors(), descriptors_then);
    assert!(
        memory() < memory_then + 4096,
        "{} KiB, {memory_then} KiB then",
        memory()
    );
    let mut client = Raw::connect(&slots[0].socket);
    client.negotiate(&mut server);
    assert_eq!(
        client.read(&mut server, 7, 0, 2),
        Ok(vec![0xb3, 0x15]),
        "and it serves still"
    );
}
