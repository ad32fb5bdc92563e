//! Sparse files cost a client nothing: however large they are, they do not use up the address space.
#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]

#[macro_use]
mod support;

use rustix::fs::{MemfdFlags, SealFlags};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use support::client::{Client, DMA_MAP, dma_map, message};
use support::device::{Ports, Shared};
use transport::{Connection, Device};

const PAGE: u64 = 4096;
const GIB: u64 = 1 << 30;

fn sparse(size: u64) -> File {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file: OwnedFd = rustix::fs::memfd_create("guest", flags).unwrap();
    rustix::fs::ftruncate(&file, size).unwrap();
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
    file.into()
}

/// Bytes of address space that this process uses.
fn address_space() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    pages * PAGE
}

struct Bench {
    client: Client,
    connection: Connection,
    device: Ports,
}

impl Bench {
    fn new() -> Self {
        let (client, server) = UnixStream::pair().unwrap();
        let device = Ports::new(Shared::default());
        let connection = Connection::new(server.into(), device.info());
        let mut bench = Self {
            client: Client::new(client),
            connection,
            device,
        };
        bench.client.send(&message(1, 1, 0, &[0; 4]));
        bench.answered();
        bench
    }

    fn answered(&mut self) {
        self.connection.on_readable(&mut self.device);
        assert_eq!(self.client.receive().error(), None);
    }

    /// Maps the last page of a file.
    fn map_last_page(&mut self, file: &File, address: u64) {
        let size = file.metadata().unwrap().len();
        let map = message(2, DMA_MAP, 0, &dma_map(3, size - PAGE, address, PAGE));
        self.client.send_with(&map, &[file.as_fd()]);
        self.answered();
    }

    /// Checks that DMA to and from a page is DMA to and from the last page of a file.
    fn dma(&mut self, file: &File, address: u64) {
        let last = file.metadata().unwrap().len() - PAGE;
        let host = self.connection.host();
        host.dma_write(address + 8, b"from the device").unwrap();
        let mut stored = [0; 15];
        file.read_exact_at(&mut stored, last + 8).unwrap();
        assert_eq!(&stored, b"from the device");
        file.write_all_at(b"from the guest!", last + 16).unwrap();
        host.dma_read(address + 16, &mut stored).unwrap();
        assert_eq!(&stored, b"from the guest!");
    }
}

#[test]
fn sparse_files_of_any_size_and_number_are_served_within_a_bounded_address_space() {
    let mut bench = Bench::new();
    let before = address_space();
    let huge = sparse(1 << 46);
    bench.map_last_page(&huge, 0);
    bench.dma(&huge, 0);
    assert!(
        address_space() < before + GIB,
        "larger than what a client may have"
    );
    let files: Vec<File> = (0..20).map(|_| sparse(48 * GIB)).collect();
    for (file, address) in files.iter().zip((PAGE..).step_by(4096)) {
        bench.map_last_page(file, address);
        bench.dma(file, address);
    }
    let used = address_space() - before;
    assert!(
        (96 * GIB..129 * GIB).contains(&used),
        "the first two are mapped, the others are not: {used:#x}"
    );
    drop(bench);
    assert!(address_space() < before + GIB);
}
