//! What a turn allocates. Counted on this thread only: the test harness has threads of its own.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and others run the server on a thread"
)]

mod support;

use device_server::DeviceServer;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use support::pf;
use support::raw::{Raw, message};

const READS: u64 = 1000;
const REGION_READ: u16 = 9;

/// Allocations of the turns in which this many register reads are served.
fn allocations(server: &mut DeviceServer, client: &mut Raw, others: &[BorrowedFd<'_>]) -> u64 {
    // Offset 4 of region 0, four bytes.
    let read = message(REGION_READ, &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]);
    let mut reply = [0; 16 + 16 + 4];
    let mut count = 0;
    for _ in 0..READS {
        client.stream.write_all(&read).unwrap();
        let measured = allocation_counter::measure(|| {
            server.turn(others, Duration::from_secs(20)).unwrap();
        });
        count += measured.count_total;
        client.stream.read_exact(&mut reply).unwrap();
        assert_eq!(reply[32..34], [0, 5]);
    }
    count
}

#[test]
fn a_register_read_allocates_the_set_for_poll_and_the_answer_about_other_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = DeviceServer::bind(pf(), 1, folder.path()).unwrap();
    let mut client = Raw::connect(&server.slots()[0].socket);
    client.negotiate(&mut server);
    let (idle, _other_end) = UnixStream::pair().unwrap();
    // The first turns make room for what they find.
    allocations(&mut server, &mut client, &[]);
    assert_eq!(allocations(&mut server, &mut client, &[]), READS);
    assert_eq!(allocations(&mut server, &mut client, &[idle.as_fd()]), 2 * READS);
}
