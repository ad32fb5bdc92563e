//! The wait for all sockets at once.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;
use transport::{Connection, Server};

/// What a wait has found.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    /// Of the caller's descriptors, which are ready.
    pub(crate) others: Vec<bool>,
    /// The places of the servers that somebody wants to connect to.
    pub(crate) listeners: Vec<usize>,
    /// The places of the servers whose client has sent something, is gone, or takes replies again.
    pub(crate) clients: Vec<usize>,
}

/// Whether a message waits that `poll` does not tell of.
pub(crate) fn has_waiting(server: &Server) -> bool {
    // A client that does not take replies is served when it does, and that `poll` tells.
    let due = |connection: &Connection| connection.has_waiting() && !connection.wants_to_write();
    server.connection().is_some_and(due)
}

/// Waits for servers and other descriptors, at most so long. A signal ends the wait with nothing ready.
///
/// # Errors
/// What `poll` says.
pub(crate) fn wait(servers: &[Server], others: &[BorrowedFd<'_>], at_most: Duration) -> io::Result<Ready> {
    let connected: Vec<(usize, &Connection)> = servers
        .iter()
        .enumerate()
        .filter_map(|(place, server)| Some((place, server.connection()?)))
        .collect();
    let mut watched = Vec::with_capacity(others.len() + servers.len() + connected.len());
    watched.extend(
        others
            .iter()
            .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)),
    );
    watched.extend(
        servers
            .iter()
            .map(|server| PollFd::from_borrowed_fd(server.listener_fd(), PollFlags::IN)),
    );
    watched.extend(connected.iter().map(|(_, connection)| {
        let flags = if connection.wants_to_write() {
            PollFlags::OUT
        } else {
            PollFlags::IN
        };
        PollFd::new(*connection, flags)
    }));
    // A time that the system cannot express is for ever.
    let timeout = Timespec::try_from(at_most).ok();
    match poll(&mut watched, timeout.as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => {
            return Ok(Ready {
                others: vec![false; others.len()],
                ..Ready::default()
            });
        }
        Err(error) => return Err(error.into()),
    }
    let (others_ready, rest) = watched.split_at(others.len());
    let (listeners_ready, clients_ready) = rest.split_at(servers.len());
    let is_ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
    let listeners = (0..).zip(listeners_ready).filter(|(_, fd)| is_ready(fd));
    let clients = connected.iter().zip(clients_ready).filter(|(_, fd)| is_ready(fd));
    Ok(Ready {
        others: others_ready.iter().map(is_ready).collect(),
        listeners: listeners.map(|(place, _)| place).collect(),
        clients: clients.map(|((place, _), _)| *place).collect(),
    })
}
