//! What one client costs the others that the same thread serves: bounded work per call, bounded waiting per round.
#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]

#[macro_use]
mod support;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use support::client::{Client, DMA_MAP, DMA_READ, NO_REPLY, REGION_READ, access, dma_map, message};
use support::device::{FAILS, MAGIC, Ports, Shared};
use transport::connection::MESSAGES_PER_CALL;
use transport::{Connection, Device, Disconnect, DmaError, Progress};

/// A client that has negotiated, and has a page of memory at 0 without a descriptor.
fn connected(patience: Duration) -> (Client, Connection, Ports) {
    let (client, server) = UnixStream::pair().unwrap();
    let mut device = Ports::new(Shared::default());
    let mut connection = Connection::new(server.into(), device.info()).with_patience(patience);
    let mut client = Client::new(client);
    client.send(&message(1, 1, 0, &[0; 4]));
    client.send(&message(2, DMA_MAP, 0, &dma_map(3, 0, 0, 0x10_0000)));
    while connection.on_readable(&mut device) != Progress::Idle {}
    assert_eq!(client.receive().error(), None);
    assert_eq!(client.receive().error(), None);
    (client, connection, device)
}

fn is_readable(connection: &Connection) -> bool {
    let mut ready = [PollFd::new(connection, PollFlags::IN)];
    poll(&mut ready, Some(&Timespec::default())).unwrap() == 1
}

fn wait_for(milliseconds: u64) {
    let time = Timespec::try_from(Duration::from_millis(milliseconds)).unwrap();
    poll(&mut [], Some(&time)).unwrap();
}

#[test]
fn thousands_of_posted_reads_are_processed_some_per_call_and_do_not_reach_the_device() {
    const READS: usize = 3000;
    let (mut client, mut connection, mut device) = connected(Duration::from_secs(1));
    // The device refuses this one whenever it is asked.
    let mut batch = message(3, REGION_READ, NO_REPLY, &access(0, FAILS, 4)).repeat(READS);
    batch.extend(message(4, REGION_READ, 0, &access(0, 0, 4)));
    client.send(&batch);
    let before = connection.traffic();
    let mut calls = 0;
    while connection.on_readable(&mut device) == Progress::Served {
        calls += 1;
        let done = connection.traffic().commands - before.commands;
        assert_eq!(done, (MESSAGES_PER_CALL * calls).min(READS + 1) as u64);
        assert_eq!(
            connection.has_waiting(),
            calls < READS.div_ceil(MESSAGES_PER_CALL)
        );
        assert!(!is_readable(&connection), "nobody but `has_waiting` tells");
    }
    let after = connection.traffic();
    assert_eq!(after.posted - before.posted, READS as u64);
    assert_eq!(after.refused, before.refused, "the device was not asked");
    let reply = client.receive();
    assert_eq!((reply.id, &reply.body[16..]), (4, &MAGIC.to_le_bytes()[..]));
}

#[test]
fn posted_reads_that_are_wrong_are_refused_silently() {
    let (mut client, mut connection, mut device) = connected(Duration::from_secs(1));
    let before = connection.traffic().refused;
    client.send(&message(3, REGION_READ, NO_REPLY, &access(99, 0, 4)));
    client.send(&message(4, REGION_READ, 0, &access(0, 0, 4)));
    connection.on_readable(&mut device);
    assert_eq!(client.receive().id, 4);
    assert_eq!(connection.traffic().refused, before + 1);
}

#[test]
fn what_was_sent_before_the_end_is_processed_however_much_it_is() {
    const READS: usize = 300;
    let (mut client, mut connection, mut device) = connected(Duration::from_secs(1));
    let before = connection.traffic().posted;
    client.send(&message(3, REGION_READ, NO_REPLY, &access(0, 0, 4)).repeat(READS));
    drop(client);
    let end = loop {
        match connection.on_readable(&mut device) {
            Progress::Served => {}
            end => break end,
        }
    };
    assert_eq!(end, Progress::Disconnected(Disconnect::Closed));
    assert_eq!(connection.traffic().posted - before, READS as u64);
}

#[test]
fn a_connection_that_ended_in_dma_is_due_although_its_socket_takes_nothing() {
    let (client, mut connection, mut device) = connected(Duration::from_millis(50));
    rustix::net::sockopt::set_socket_send_buffer_size(&connection, 4096).unwrap();
    assert!(!connection.has_waiting());
    let written = connection.host().dma_write(0, &[0; 60_000]);
    assert_eq!(written, Err(DmaError::Disconnected));
    assert!(connection.wants_to_write(), "the rest of the request");
    assert!(connection.has_waiting());
    assert_eq!(
        connection.on_readable(&mut device),
        Progress::Disconnected(Disconnect::Stalled)
    );
    drop(client);
}

#[test]
fn answers_that_take_too_long_together_end_the_patience_until_it_is_refilled() {
    const ONE_ANSWER: u64 = 300;
    let (mut client, mut connection, mut device) = connected(Duration::from_secs(1));
    let (answered, answers) = std::sync::mpsc::channel();
    let answering = std::thread::Builder::new().spawn(move || {
        // A header, an address and a count.
        let mut request = [0; 32];
        while client.stream.read_exact(&mut request).is_ok() {
            wait_for(ONE_ANSWER);
            let id = u16::from_le_bytes([request[0], request[1]]);
            let answer = [&request[16..], &[7; 8]].concat();
            client.send(&message(id, DMA_READ, 1, &answer));
            answered.send(()).unwrap();
        }
    });
    let mut data = [0; 8];
    assert_eq!(
        connection.host().dma_read(0, &mut data),
        Ok(()),
        "one alone is fast enough"
    );
    let mut accesses = 1;
    while connection.host().dma_read(0, &mut data).is_ok() {
        accesses += 1;
        assert!(accesses < 4, "four answers take longer than the patience");
    }
    // The late answer comes; the patience is spent all the same.
    assert_eq!(answers.iter().take(accesses + 1).count(), accesses + 1);
    while connection.on_readable(&mut device) != Progress::Idle {}
    assert_eq!(connection.host().dma_read(0, &mut data), Err(DmaError::TimedOut));
    connection.refill();
    assert_eq!(connection.host().dma_read(0, &mut data), Ok(()));
    assert_eq!(data, [7; 8]);
    drop(connection);
    answering.unwrap().join().unwrap();
}
