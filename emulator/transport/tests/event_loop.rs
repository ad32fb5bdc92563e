//! Several sockets in one process, served by one loop of their owner; work of the device outside of messages.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, computes small numbers, and runs the server on a thread"
)]

#[macro_use]
mod support;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd};
use rustix::fs::{MemfdFlags, SealFlags};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use support::client::{
    Client, DMA_MAP, DMA_WRITE, REGION_READ, SET_IRQS, access, dma_map, message, set_irqs,
};
use support::device::{MSIX, Ports, Shared};
use transport::{Connection, Delivery, Device, Progress, Server};

/// The loop of an owner: levels, one thread, until the other end of `stop` is closed.
fn serve_all(mut functions: Vec<(Server, Ports)>, stop: &UnixStream) {
    loop {
        let mut watched = vec![PollFd::new(stop, PollFlags::IN)];
        let mut who = vec![None];
        for (index, (server, _)) in functions.iter().enumerate() {
            watched.push(PollFd::from_borrowed_fd(server.listener_fd(), PollFlags::IN));
            who.push(Some((index, true)));
            if let (Some(fd), Some(connection)) = (server.connection_fd(), server.connection()) {
                let flags = if connection.wants_to_write() {
                    PollFlags::OUT
                } else {
                    PollFlags::IN
                };
                watched.push(PollFd::from_borrowed_fd(fd, flags));
                who.push(Some((index, false)));
            }
        }
        let is_due = |server: &Server| server.connection().is_some_and(Connection::has_waiting);
        let due: Vec<usize> = (0..functions.len())
            .filter(|index| is_due(&functions[*index].0))
            .collect();
        let at_once = Timespec::default();
        rustix::event::poll(&mut watched, (!due.is_empty()).then_some(&at_once)).unwrap();
        let ready: Vec<_> = watched
            .iter()
            .zip(&who)
            .filter(|(fd, _)| !fd.revents().is_empty())
            .collect();
        let ready: Vec<_> = ready.into_iter().map(|(_, who)| *who).collect();
        for who in ready {
            let Some((index, connecting)) = who else { return };
            let (server, device) = &mut functions[index];
            if connecting {
                server.on_connect(device).unwrap();
            } else {
                server.on_readable(device);
            }
        }
        for index in due {
            let (server, device) = &mut functions[index];
            server.on_readable(device);
        }
    }
}

#[test]
fn eight_sockets_one_thread_and_a_second_client_is_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..8)
        .map(|number| folder.path().join(format!("{number}")))
        .collect();
    let shared: Vec<Shared> = paths.iter().map(|_| Shared::default()).collect();
    let functions: Vec<(Server, Ports)> = paths
        .iter()
        .zip(&shared)
        .map(|(path, shared)| (Server::bind(path).unwrap(), Ports::new(shared.clone())))
        .collect();
    let (stop, stopped) = UnixStream::pair().unwrap();
    let serving = std::thread::spawn(move || serve_all(functions, &stopped));
    for _ in 0..3 {
        let connect = |path: &PathBuf| Client::new(UnixStream::connect(path).unwrap());
        let mut clients: Vec<Client> = paths.iter().map(connect).collect();
        for client in &mut clients {
            assert_eq!(client.negotiate().error(), None);
        }
        let read = message(1, REGION_READ, 0, &access(0, 0x10_0000, 1 << 20)).repeat(4);
        clients[0].send(&read);
        for client in &mut clients[1..] {
            client.in_step();
        }
        for _ in 0..4 {
            assert_eq!(
                clients[0].receive().error(),
                None,
                "the one that was slow to take its replies"
            );
        }
        let mut second = connect(&paths[3]);
        assert_eq!(second.receive().error(), Some(16), "EBUSY");
        assert_eq!(
            std::io::Read::read(&mut second.stream, &mut [0]).unwrap(),
            0,
            "and the end"
        );
        clients[3].in_step();
        drop(clients);
        let is_gone = |shared: &Shared| {
            let seen = shared.lock().unwrap();
            seen.connected == seen.disconnected
        };
        let all_gone = || shared.iter().all(is_gone);
        while !all_gone() {
            std::thread::yield_now();
        }
    }
    drop(stop);
    serving.join().unwrap();
    assert!(paths.iter().all(|path| !path.exists()), "the sockets are gone");
    assert!(shared.iter().all(|shared| shared.lock().unwrap().connected == 3));
}

#[test]
fn a_device_works_later_through_the_same_host() {
    let (client, server) = UnixStream::pair().unwrap();
    let mut device = Ports::new(Shared::default());
    let mut connection = Connection::new(server.into(), device.info());
    let mut client = Client::new(client);
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory: OwnedFd = rustix::fs::memfd_create("guest", flags).unwrap();
    rustix::fs::ftruncate(&memory, 4096).unwrap();
    rustix::fs::fcntl_add_seals(&memory, SealFlags::SHRINK).unwrap();
    let counter = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    client.send(&message(1, 1, 0, &[0; 4]));
    client.send_with(
        &message(2, DMA_MAP, 0, &dma_map(3, 0, 0x1000, 4096)),
        &[memory.as_fd()],
    );
    client.send_with(
        &message(3, SET_IRQS, 0, &set_irqs(36, MSIX, 0, 1)),
        &[counter.as_fd()],
    );
    client.send(&message(4, DMA_MAP, 0, &dma_map(3, 0, 0x10_0000, 4096)));
    while connection.on_readable(&mut device) != Progress::Idle {}
    for _ in 0..4 {
        assert_eq!(client.receive().error(), None);
    }
    assert_eq!(connection.memory(), (2, 1));
    connection.host().dma_write(0x1ff0, b"later").unwrap();
    let mut stored = [0; 5];
    std::fs::File::from(memory)
        .read_exact_at(&mut stored, 0xff0)
        .unwrap();
    assert_eq!(&stored, b"later");
    assert_eq!(connection.host().trigger(MSIX, 0), Delivery::Signalled);
    assert!(connection.is_armed(MSIX, 0) && !connection.is_armed(MSIX, 1));

    // Without a descriptor: the client sends a command first, then its answer. The command then waits in the
    // connection, where no readiness of the socket tells of it.
    client.send(&message(9, REGION_READ, 0, &access(0, 0, 4)));
    client.send(&message(0, DMA_WRITE, 1, &[]));
    assert!(!connection.has_waiting());
    connection.host().dma_write(0x10_0000, &[1, 2, 3]).unwrap();
    assert!(connection.has_waiting());
    assert_eq!(client.receive().command, DMA_WRITE);
    assert_eq!(connection.on_readable(&mut device), Progress::Served);
    assert_eq!(client.receive().id, 9);
    assert_eq!(connection.on_readable(&mut device), Progress::Idle);
}
