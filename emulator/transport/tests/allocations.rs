//! A register access allocates nothing. Counted on this thread only: the test harness has threads of its own.
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
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use support::client::{
    Client, DMA_MAP, NO_REPLY, REGION_READ, REGION_WRITE, SET_IRQS, access, dma_map, message, set_irqs,
};
use support::device::{BUFFER, GO, IOVA, LENGTH, MSIX, Ports, RAISE, Shared};
use transport::{Connection, Device, Progress};

const ACCESSES: usize = 10_000;

fn calls(
    client: &mut Client,
    connection: &mut Connection,
    device: &mut Ports,
    bytes: &[u8],
    descriptor: &impl AsFd,
) {
    client.send_with(bytes, &[descriptor.as_fd()]);
    assert_eq!(connection.on_readable(device), Progress::Served);
    assert_eq!(client.receive().error(), None);
}

#[test]
fn accesses_dma_and_interrupts_allocate_nothing() {
    let (client, server) = UnixStream::pair().unwrap();
    let mut device = Ports::new(Shared::default());
    let mut connection = Connection::new(server.into(), device.info());
    let mut client = Client::new(client);
    client.send(&message(1, 1, 0, &[0, 0, 0, 0]));
    assert_eq!(connection.on_readable(&mut device), Progress::Served);
    client.receive();
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = rustix::fs::memfd_create("guest", flags).unwrap();
    rustix::fs::ftruncate(&memory, 1 << 16).unwrap();
    rustix::fs::fcntl_add_seals(&memory, SealFlags::SHRINK).unwrap();
    let counter = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap();
    let map = message(1, DMA_MAP, 0, &dma_map(3, 0, 0, 1 << 16));
    calls(&mut client, &mut connection, &mut device, &map, &memory);
    let arm = message(1, SET_IRQS, 0, &set_irqs(36, MSIX, 0, 1));
    calls(&mut client, &mut connection, &mut device, &arm, &counter);

    let write = |flags, offset, data: &[u8]| {
        message(
            2,
            REGION_WRITE,
            flags,
            &[access(0, offset, data.len() as u32), data.to_vec()].concat(),
        )
    };
    let mut batch = message(2, REGION_READ, 0, &access(0, 0, 4));
    batch.extend(write(NO_REPLY, BUFFER, &[1; 64]));
    batch.extend(write(NO_REPLY, IOVA, &100u64.to_le_bytes()));
    batch.extend(write(NO_REPLY, LENGTH, &5000u32.to_le_bytes()));
    batch.extend(write(NO_REPLY, GO, &2u32.to_le_bytes()));
    batch.extend(write(NO_REPLY, GO, &1u32.to_le_bytes()));
    batch.extend(write(NO_REPLY, RAISE, &(MSIX << 16).to_le_bytes()));
    batch.extend(write(0, 0x1000, &[1; 4]));
    let mut replies = [0; 36 + 32];
    let allocations = allocation_counter::measure(|| {
        for _ in 0..ACCESSES {
            client.stream.write_all(&batch).unwrap();
            assert_eq!(connection.on_readable(&mut device), Progress::Served);
            client.stream.read_exact(&mut replies).unwrap();
        }
    });
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
    assert!(
        allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 1]))).count_total > 0,
        "the counter counts"
    );
    assert_eq!(connection.traffic().dma_written, 5000 * ACCESSES as u64);
    assert_eq!(connection.traffic().interrupts, ACCESSES as u64);
    assert_eq!(connection.traffic().refused, 0);
}
