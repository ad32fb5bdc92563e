//! The client of the `vfio_user` crate, which shares no code with this one.
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
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use support::device::{BAR_SIZE, BUFFER, GO, IOVA, LENGTH, MAGIC, MSIX, Ports, RAISE, Shared};
use transport::{Disconnect, Server};

#[test]
fn it_negotiates_reads_writes_maps_resets_and_takes_interrupts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let mut server = Server::bind(&path).unwrap();
    let shared = Shared::default();
    let mut device = Ports::new(shared.clone());
    let serving = std::thread::spawn(move || {
        (0..2)
            .map(|_| server.serve_one(&mut device).unwrap())
            .collect::<Vec<_>>()
    });

    // Two clients, one after the other.
    for _ in 0..2 {
        let mut client = vfio_user::Client::new(&path).unwrap();
        assert_eq!(
            client.region(0).map(|region| (region.size, region.flags)),
            Some((BAR_SIZE, 3))
        );
        assert_eq!(client.region(7).map(|region| region.size), Some(4096));
        let mut read = [0; 4];
        client.region_read(0, 0, &mut read).unwrap();
        assert_eq!(read, MAGIC.to_le_bytes());
        client.region_write(0, BUFFER, b"by way of the buffer").unwrap();
        let mut read = [0; 20];
        client.region_read(0, BUFFER, &mut read).unwrap();
        assert_eq!(&read, b"by way of the buffer");

        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let memory = File::from(rustix::fs::memfd_create("guest", flags).unwrap());
        memory.set_len(1 << 20).unwrap();
        rustix::fs::fcntl_add_seals(&memory, SealFlags::SHRINK).unwrap();
        client
            .dma_map(0x1000, 0x4000_0000, 0x2000, memory.as_raw_fd())
            .unwrap();
        client
            .region_write(0, IOVA, &0x4000_0ffcu64.to_le_bytes())
            .unwrap();
        client.region_write(0, LENGTH, &20u32.to_le_bytes()).unwrap();
        client.region_write(0, GO, &2u32.to_le_bytes()).unwrap();
        let mut stored = [0; 20];
        memory.read_exact_at(&mut stored, 0x1ffc).unwrap();
        assert_eq!(&stored, b"by way of the buffer");
        client.dma_unmap(0x4000_0000, 0x2000).unwrap();

        let irq = client.get_irq_info(MSIX).unwrap();
        assert_eq!((irq.index, irq.flags, irq.count), (MSIX, 1, 8));
        let eventfds = [0, 1].map(|_| eventfd(0, EventfdFlags::CLOEXEC).unwrap());
        client
            .set_irqs(MSIX, 36, 3, 2, &eventfds.each_ref().map(AsRawFd::as_raw_fd))
            .unwrap();
        client
            .region_write(0, RAISE, &(MSIX << 16 | 4).to_le_bytes())
            .unwrap();
        let mut count = [0; 8];
        rustix::io::read(&eventfds[1], &mut count).unwrap();
        assert_eq!(u64::from_ne_bytes(count), 1);
        client.set_irqs(MSIX, 33, 0, 0, &[]).unwrap();
        client.reset().unwrap();
        client.shutdown().unwrap();
    }
    assert_eq!(serving.join().unwrap(), [Disconnect::Closed; 2]);
    let seen = shared.lock().unwrap();
    assert_eq!((seen.resets, seen.connected, seen.disconnected), (2, 2, 2));
}
