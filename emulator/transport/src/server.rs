//! One device behind one socket: a client at a time, the next one after it.

use crate::connection::{Connection, Progress};
use crate::device::{Device, Host};
use crate::errno::Errno;
use crate::link::Disconnect;
use crate::listener::{ListenError, Listener, MOST_WAITING};
use crate::memory::MemoryPolicy;
use crate::patience::Patience;
use crate::protocol::{Command, Header, flag, length_of};
use rustix::event::{PollFd, PollFlags};
use rustix::net::{RecvFlags, SendFlags};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use zerocopy::{FromBytes, IntoBytes};

/// A socket and the client that is connected to it, if there is one.
///
/// The owner's event loop watches [`Self::listener_fd`] and [`Self::connection_fd`] of as many servers as it has,
/// and calls [`Self::on_connect`] and [`Self::on_readable`]. Nothing here blocks.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    connection: Option<Connection>,
    patience: Patience,
    memory: MemoryPolicy,
}

impl Server {
    /// Listens at a path.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        Ok(Self {
            listener: Listener::bind(path)?,
            connection: None,
            patience: Patience::default(),
            memory: MemoryPolicy::default(),
        })
    }

    /// Shares the patience for DMA by message with other servers of the same thread.
    #[must_use]
    pub fn with_patience(mut self, patience: &Patience) -> Self {
        self.patience = patience.clone();
        self
    }

    /// Lets clients have files of this kind as their memory.
    #[must_use]
    pub fn with_memory(mut self, policy: MemoryPolicy) -> Self {
        self.memory = policy;
        self
    }

    /// Readable when a client wants to connect.
    #[must_use]
    pub fn listener_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Readable when the client has sent something. See also [`Connection::wants_to_write`].
    #[must_use]
    pub fn connection_fd(&self) -> Option<BorrowedFd<'_>> {
        self.connection.as_ref().map(AsFd::as_fd)
    }

    /// The connected client.
    #[must_use]
    pub fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// The host, for a device that works outside of register accesses, if there is one.
    pub fn host(&mut self) -> Option<&mut dyn Host> {
        self.connection.as_mut().map(Connection::host)
    }

    /// Gives the client its patience anew, see [`Connection::refill`].
    pub fn refill(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.refill();
        }
    }

    /// Accepts whoever waits: the first becomes the client, all others are told `EBUSY`. Whether there is a new client.
    /// Who comes meanwhile may have to wait for the next call: there is no end to those that come again and again.
    ///
    /// # Errors
    /// What the system says. A client for which the process has no descriptor is sent away, which is no error.
    pub fn on_connect(&mut self, device: &mut dyn Device) -> std::io::Result<bool> {
        let mut new = false;
        for _ in 0..MOST_WAITING {
            let Some(stream) = self.listener.accept()? else {
                break;
            };
            if self.connection.is_some() {
                tracing::info!(socket = %self.listener.path().display(), "second client refused");
                turn_away(&stream);
            } else {
                tracing::info!(socket = %self.listener.path().display(), "client connected");
                let connection = Connection::new(stream, device.info());
                let connection = connection.in_company(&self.patience).with_memory(self.memory);
                self.connection = Some(connection);
                device.connected();
                new = true;
            }
        }
        Ok(new)
    }

    /// Processes what the client has sent, see [`Connection::on_readable`]. After [`Progress::Disconnected`] the
    /// client's maps and interrupts are gone, the device has been told, and the next client may connect.
    pub fn on_readable(&mut self, device: &mut dyn Device) -> Progress {
        let Some(connection) = &mut self.connection else {
            return Progress::Idle;
        };
        let progress = connection.on_readable(device);
        if let Progress::Disconnected(why) = progress {
            self.disconnect(device, why);
        }
        progress
    }

    /// Ends the connection.
    pub fn disconnect(&mut self, device: &mut dyn Device, why: Disconnect) {
        if self.connection.take().is_some() {
            tracing::info!(socket = %self.listener.path().display(), %why, "client disconnected");
            device.disconnected();
        }
    }

    /// Serves one client from connecting to its end, blocking: for tests and benchmarks.
    ///
    /// # Errors
    /// If no client can be accepted.
    pub fn serve_one(&mut self, device: &mut dyn Device) -> std::io::Result<Disconnect> {
        while self.connection.is_none() {
            let mut ready = [PollFd::new(&self.listener, PollFlags::IN)];
            rustix::io::retry_on_intr(|| rustix::event::poll(&mut ready, None))?;
            self.on_connect(device)?;
        }
        let why = self
            .connection
            .as_mut()
            .map_or(Disconnect::Closed, |connection| connection.serve(device));
        self.disconnect(device, why);
        Ok(why)
    }
}

/// Tells a client that came second why it cannot stay: as an answer to its first message, if that is here already.
fn turn_away(stream: &OwnedFd) {
    let mut first = [0; 4096];
    // Reading also keeps the close from taking our answer along: the kernel resets a socket with unread bytes.
    let received =
        rustix::net::recv(stream, &mut first, RecvFlags::DONTWAIT).map_or(0, |(_, received)| received);
    let id = Header::read_from_prefix(&first[..received]).map_or(0.into(), |(header, _)| header.message_id);
    let answer = Header {
        message_id: id,
        command: Command::Version.raw().into(),
        message_size: length_of::<Header>().into(),
        flags: (flag::REPLY | flag::ERROR).into(),
        error: Errno::EBUSY.get().into(),
    };
    // Whoever does not take it sees the close.
    let _ = rustix::net::send(
        stream,
        answer.as_bytes(),
        SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
    );
}
