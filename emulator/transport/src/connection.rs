//! One connected client: messages in, device, replies out.

use crate::device::{Device, DeviceInfo, Host};
use crate::dma::DmaMaps;
use crate::errno::Errno;
use crate::host::{Peer, Traffic};
use crate::irq::Irqs;
use crate::link::{Disconnect, Link};
use crate::memory::MemoryPolicy;
use crate::message::{Front, Message, Received, Wait};
use crate::patience::Patience;
use crate::protocol::{HEADER_LEN, Header, flag};
use crate::remote_dma::RemoteDma;
use crate::request::{Phase, REPLY_CAPACITY, Request};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;
use zerocopy::IntoBytes;

/// How long the client may take in all for the answers that DMA accesses by message need between two calls of
/// [`Connection::refill`]. Well below the 5 s after
/// which QEMU gives up waiting for us, because it may be waiting for us at the time.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Messages that one call of [`Connection::on_readable`] processes at most. A client can have many small ones wait, and
/// the one thread serves the others, too.
pub const MESSAGES_PER_CALL: usize = 64;

/// What [`Connection::on_readable`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Something had arrived and was processed; more may wait here, see [`Connection::has_waiting`], or have arrived since.
    Served,
    /// Nothing had arrived. The owner of an edge-triggered event loop waits for the next edge now.
    Idle,
    /// The client does not take our replies; nothing of it is processed until the socket is writable.
    Blocked,
    /// The connection is over, and this must be dropped.
    Disconnected(Disconnect),
}

/// A connected client.
#[derive(Debug)]
pub struct Connection {
    peer: Peer,
    info: DeviceInfo,
    phase: Phase,
    reply: Box<[u8]>,
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.peer.link.as_fd()
    }
}

impl Connection {
    /// Takes a connected stream socket, which must be in blocking mode, and the shape of the device.
    #[must_use]
    pub fn new(stream: OwnedFd, info: DeviceInfo) -> Self {
        let peer = Peer {
            link: Link::new(stream),
            maps: DmaMaps::default(),
            irqs: Irqs::new(&info.irqs),
            remote: RemoteDma::new(PATIENCE),
            traffic: Traffic::default(),
        };
        Self {
            peer,
            info,
            phase: Phase::Greeting,
            reply: vec![0; REPLY_CAPACITY].into_boxed_slice(),
        }
    }

    /// Gives the client less or more time than [`PATIENCE`] for DMA accesses by message.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.peer.remote = RemoteDma::new(patience);
        self
    }

    /// Lets the client have files of this kind as its memory.
    #[must_use]
    pub fn with_memory(mut self, policy: MemoryPolicy) -> Self {
        self.peer.maps = DmaMaps::new(policy);
        self
    }

    /// Waits for this client's answers as for one of several that one thread serves.
    #[must_use]
    pub fn in_company(mut self, patience: &Patience) -> Self {
        self.peer.remote.join(patience);
        self
    }

    /// Gives the client its patience anew. Only waiting for its answers spends it; once it is spent, every DMA access by
    /// message fails at once.
    ///
    /// The owner of an event loop calls this once per round, for all connections and not only those that have sent
    /// something: what one client sends can make the device access the memory of another.
    pub fn refill(&mut self) {
        self.peer.remote.refill();
    }

    /// Processes what has arrived: at most one receive, and at most [`MESSAGES_PER_CALL`] whole messages. The socket
    /// itself is waited for only by DMA accesses by message.
    ///
    /// An event loop that is told of levels (`poll`, plain `epoll`) calls this once per wake-up, and goes on without
    /// sleeping while [`Self::has_waiting`]. One that is told of edges (tokio's `AsyncFd`) repeats it until
    /// [`Progress::Idle`]. After [`Progress::Blocked`] it must wait until the socket is writable, see
    /// [`Self::wants_to_write`].
    pub fn on_readable(&mut self, device: &mut dyn Device) -> Progress {
        self.step(device, Wait::No).unwrap_or_else(Progress::Disconnected)
    }

    /// Serves until the connection is over, blocking.
    pub fn serve(&mut self, device: &mut dyn Device) -> Disconnect {
        loop {
            self.refill();
            if let Err(why) = self
                .peer
                .link
                .flush_all(None)
                .and_then(|()| self.step(device, Wait::Yes))
            {
                return why;
            }
        }
    }

    /// Whether the rest of a reply waits for the socket to become writable.
    #[must_use]
    pub fn wants_to_write(&self) -> bool {
        self.peer.link.has_unsent()
    }

    /// Whether [`Self::on_readable`] is due although no readiness of the socket may tell: a whole message has been
    /// received and can be processed, because there were too many for one call or a DMA access by message that was made
    /// through [`Self::host`] has received it; or such an access has found that the connection is over.
    #[must_use]
    pub fn has_waiting(&self) -> bool {
        let link = &self.peer.link;
        link.over().is_some() || (!link.has_unsent() && link.inbox.has_message())
    }

    /// The host, for a device that works outside of register accesses. Look at [`Self::has_waiting`] afterwards.
    pub fn host(&mut self) -> &mut dyn Host {
        &mut self.peer
    }

    /// What has been done so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            system_calls: self.peer.link.calls(),
            ..self.peer.traffic
        }
    }

    /// Number of DMA maps, and of files in which they lie.
    #[must_use]
    pub fn memory(&self) -> (usize, usize) {
        (self.peer.maps.len(), self.peer.maps.files())
    }

    /// Whether the client has armed an eventfd for a vector.
    #[must_use]
    pub fn is_armed(&self, irq_index: u32, vector: u32) -> bool {
        self.peer.irqs.is_armed(irq_index, vector)
    }

    fn step(&mut self, device: &mut dyn Device, wait: Wait) -> Result<Progress, Disconnect> {
        self.peer.link.flush()?;
        if self.wants_to_write() {
            return Ok(Progress::Blocked);
        }
        // What waits from an earlier call comes first: the client was not taking replies, or a DMA access by message
        // has received more than its reply.
        let mut left = MESSAGES_PER_CALL;
        self.process(device, &mut left)?;
        if self.wants_to_write() {
            return Ok(Progress::Blocked);
        }
        if left == 0 {
            return Ok(Progress::Served);
        }
        let waited = left < MESSAGES_PER_CALL;
        let wait = if waited { Wait::No } else { wait };
        if self.peer.link.receive(wait)? == Received::Nothing {
            return Ok(if waited { Progress::Served } else { Progress::Idle });
        }
        self.process(device, &mut left)?;
        Ok(if self.wants_to_write() {
            Progress::Blocked
        } else {
            Progress::Served
        })
    }

    /// Processes whole messages until there are none, the client does not take the replies, or none is left of the
    /// number that may be processed.
    fn process(&mut self, device: &mut dyn Device, left: &mut usize) -> Result<(), Disconnect> {
        while *left > 0 && !self.wants_to_write() {
            match self.peer.link.inbox.take() {
                Front::Incomplete => break,
                Front::Message(message) => self.handle(message, device)?,
                Front::Oversized(header) => self.refuse(header, Errno::EMSGSIZE)?,
                Front::Unframed(header) => {
                    self.refuse(header, Errno::EINVAL)?;
                    return Err(self.peer.link.end(Disconnect::Unframed));
                }
            }
            *left -= 1;
            if self.peer.link.over() == Some(Disconnect::Held) {
                return Err(Disconnect::Held);
            }
        }
        match self.peer.link.over() {
            // A DMA access by message may have met the end. What came before it is processed first, as far as it can be.
            Some(why) if *left > 0 || self.wants_to_write() => Err(why),
            _ => Ok(()),
        }
    }

    fn handle(&mut self, message: Message, device: &mut dyn Device) -> Result<(), Disconnect> {
        let header = message.header;
        match header.kind() {
            flag::COMMAND => {}
            flag::REPLY => {
                self.peer.remote.late_reply(header.message_id.get());
                return Ok(());
            }
            _ => return self.refuse(header, Errno::EINVAL),
        }
        let Self {
            peer,
            info,
            phase,
            reply,
        } = self;
        let result = Request {
            phase,
            info,
            peer,
            reply,
        }
        .execute(message, device);
        match result {
            Ok(length) => {
                self.peer.traffic.commands += 1;
                if header.no_reply() {
                    self.peer.traffic.posted += 1;
                    return Ok(());
                }
                self.finish(header, length, None)
            }
            Err(errno) => self.refuse(header, errno),
        }
    }

    /// Answers with an error, unless no answer is wanted.
    #[cold]
    fn refuse(&mut self, header: Header, errno: Errno) -> Result<(), Disconnect> {
        tracing::debug!(command = header.command.get(), id = header.message_id.get(), %errno, "refused");
        self.peer.traffic.commands += 1;
        self.peer.traffic.refused += 1;
        if header.kind() == flag::REPLY {
            return Ok(());
        }
        if header.no_reply() {
            self.peer.traffic.posted += 1;
            return Ok(());
        }
        // "If an error occurs, the reply message must only include the reply header."
        self.finish(header, HEADER_LEN, Some(errno))
    }

    fn finish(&mut self, of: Header, length: usize, error: Option<Errno>) -> Result<(), Disconnect> {
        let size = u32::try_from(length).unwrap_or(u32::MAX);
        let header = Header {
            message_id: of.message_id,
            command: of.command,
            message_size: size.into(),
            flags: (flag::REPLY | if error.is_some() { flag::ERROR } else { 0 }).into(),
            error: error.map_or(0, Errno::get).into(),
        };
        self.reply[..HEADER_LEN].copy_from_slice(header.as_bytes());
        self.peer.link.send(&self.reply[..length])
    }
}
