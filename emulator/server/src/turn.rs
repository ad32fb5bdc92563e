//! The wait for all sockets at once.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;
use transport::{Connection, Server};

/// What a wait has found. One value serves all waits, so that its places are not allocated for each.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    /// Of the caller's descriptors, which are ready.
    pub(crate) others: Vec<bool>,
    /// The places of the servers that somebody wants to connect to.
    pub(crate) listeners: Vec<usize>,
    /// The places of the servers whose client has sent something, is gone, or takes replies again.
    pub(crate) clients: Vec<usize>,
}

/// Whether a client is to be served that `poll` does not tell of: a message waits here, or the connection is over.
pub(crate) fn has_waiting(server: &Server) -> bool {
    server.connection().is_some_and(Connection::has_waiting)
}

/// Waits for servers and other descriptors, at most so long. A signal ends the wait with nothing ready.
///
/// # Errors
/// What `poll` says.
pub(crate) fn wait(
    servers: &[Server],
    others: &[BorrowedFd<'_>],
    at_most: Duration,
    ready: &mut Ready,
) -> io::Result<()> {
    ready.others.clear();
    ready.listeners.clear();
    ready.clients.clear();
    // It borrows the descriptors, so it cannot be kept from one wait to the next.
    let mut watched = Vec::with_capacity(others.len() + 2 * servers.len());
    let readable = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
    watched.extend(others.iter().copied().map(readable));
    watched.extend(servers.iter().map(Server::listener_fd).map(readable));
    watched.extend(servers.iter().filter_map(Server::connection).map(|connection| {
        let flags = if connection.wants_to_write() {
            PollFlags::OUT
        } else {
            PollFlags::IN
        };
        PollFd::new(connection, flags)
    }));
    // A time that the system cannot express is for ever.
    let timeout = Timespec::try_from(at_most).ok();
    match poll(&mut watched, timeout.as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => {
            ready.others.resize(others.len(), false);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    }
    let (others_ready, rest) = watched.split_at(others.len());
    let (listeners_ready, clients_ready) = rest.split_at(servers.len());
    let is_ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
    ready.others.extend(others_ready.iter().map(is_ready));
    let listeners = (0..).zip(listeners_ready).filter(|(_, fd)| is_ready(fd));
    ready.listeners.extend(listeners.map(|(place, _)| place));
    let connected = (0..)
        .zip(servers)
        .filter(|(_, server)| server.connection().is_some());
    let clients = connected.zip(clients_ready).filter(|(_, fd)| is_ready(fd));
    ready.clients.extend(clients.map(|((place, _), _)| place));
    Ok(())
}
