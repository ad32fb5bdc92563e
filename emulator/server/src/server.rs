//! The server: sockets, clients, and the silicon behind them.

mod orders;

use crate::card::Card;
use crate::complaints::Complaints;
use crate::counters::{FunctionCounters, ServerCounters};
use crate::error::ServeError;
use crate::options::{ClockKind, ServerOptions};
use crate::poller::{Called, Interest, Poller, Source, Watch};
use crate::port::{Clients, Ports};
use crate::session::Session;
use crate::slot::{Slot, socket_name};
use device_pci::Layout;
use emulator::{DeviceConfig, Record, Silicon};
use prm::{Cycles, Function};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;
use transport::{Disconnect, Patience, Progress, Server};

/// How often a client is served before another one is told that it is still there.
const LAST_WORDS: u32 = 64;

/// One silicon, one socket per PCI function. Single-threaded: everything happens in [`Self::turn`].
///
/// A place is the position of a socket in [`Self::sockets`]; the ports stand in the same order.
#[derive(Debug)]
pub struct DeviceServer {
    card: Card,
    ports: Ports,
    sockets: Vec<PathBuf>,
    poller: Poller,
    /// What the clients have in common for answers to DMA messages.
    patience: Patience,
    complaints: Complaints,
    offers_versions: bool,
    turns: u64,
    /// Nanoseconds spent in work that no message asked for.
    device_ns: u64,
}

impl DeviceServer {
    /// Makes the silicon and a socket for each of its PCI functions: `<dir>/<function>.sock`, as `pf.sock` or `ec_vf1.sock`; in the
    /// flat layout for each place, `f0.sock` and so on. The sockets have mode 0600. Stale ones are replaced, live ones are not. The process may have as many open files from then
    /// on as its hard limit allows: each function takes several.
    ///
    /// # Errors
    /// See [`ServeError`]; sockets that were made already are removed.
    pub fn bind(config: DeviceConfig, seed: u64, dir: &Path) -> Result<Self, ServeError> {
        Self::bind_with(config, seed, dir, ServerOptions::default())
    }

    /// As [`Self::bind`], with other options.
    ///
    /// # Errors
    /// As there.
    pub fn bind_with(
        config: DeviceConfig,
        seed: u64,
        dir: &Path,
        options: ServerOptions,
    ) -> Result<Self, ServeError> {
        let card = Card::new(config, seed, options)?;
        allow_descriptors();
        let places = 0..card.topology().places().len();
        let sockets: Vec<PathBuf> = places
            .map(|place| dir.join(socket_name(card.topology(), place)))
            .collect();
        let patience = Patience::default();
        let servers = sockets.iter().map(|socket| {
            let server = Server::bind(socket)?;
            Ok(server.with_patience(&patience).with_memory(options.memory))
        });
        let servers: Vec<Server> = servers.collect::<Result<_, ServeError>>()?;
        let mut poller = Poller::new()?;
        for (place, server) in servers.iter().enumerate() {
            poller.add(server.listener_fd(), Source::Listener(place), Interest::Receive)?;
        }
        patience.watch(&poller)?;
        Ok(Self {
            complaints: Complaints::default(),
            ports: Ports::new(servers),
            card,
            sockets,
            poller,
            offers_versions: false,
            turns: 0,
            patience,
            device_ns: 0,
        })
    }

    /// The PCI functions that are there, and their sockets: the function under test, then its VFs.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        let places = (0..=u8::MAX)
            .zip(self.card.topology().places())
            .zip(&self.sockets);
        let present = places.filter_map(|((devfn, function), socket)| {
            Some(Slot {
                function: (*function)?,
                socket: socket.clone(),
                devfn,
            })
        });
        present.collect()
    }

    /// All sockets, by place; in the flat layout also of places that the device has no function for.
    #[must_use]
    pub fn sockets(&self) -> &[PathBuf] {
        &self.sockets
    }

    /// Offers the registers that `devlink dev info` reads from now on, whichever silicon comes: see
    /// [`Silicon::offer_versions`].
    pub fn offer_versions(&mut self) {
        self.offers_versions = true;
        self.card.silicon_mut().offer_versions();
    }

    /// Bytes of memory space that the BARs of all functions take: the window that a bridge above them needs.
    #[must_use]
    pub fn bar_bytes(&self) -> u64 {
        self.card.topology().bar_bytes()
    }

    /// The silicon, to look at.
    #[must_use]
    pub fn silicon(&self) -> &Silicon {
        self.card.silicon()
    }

    /// Time since [`Self::bind`] on the wall clock, or that of the virtual clock; 1 cycle is 1 ns.
    #[must_use]
    pub fn now(&self) -> Cycles {
        self.card.clock().now()
    }

    /// Whose time the device lives in.
    #[must_use]
    pub const fn clock(&self) -> ClockKind {
        if self.card.clock().is_virtual() {
            ClockKind::Virtual
        } else {
            ClockKind::Wall
        }
    }

    /// Which PCI functions hosts see.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.card.topology().layout()
    }

    /// What happened since the last call, in order. They pile up until they are taken.
    #[must_use]
    pub fn take_records(&mut self) -> Vec<Record> {
        self.card.silicon_mut().take_records()
    }

    /// Lets [`Self::turn`] watch a descriptor of the caller, which may close its own at any time.
    ///
    /// # Errors
    /// What the system says; `ENOSPC` if 64 are watched already.
    pub fn watch(&mut self, fd: impl AsFd) -> io::Result<Watch> {
        self.poller.watch(fd)
    }

    /// Watches a descriptor of the caller no longer.
    pub fn unwatch(&mut self, watch: Watch) {
        self.poller.unwatch(watch);
    }

    /// Waits until something happens or the time is over (`None`: however long it takes), and serves all of it: new clients,
    /// their messages, and what firmware does by itself at its time. A watched descriptor that becomes readable, or is closed at
    /// its other end, ends the wait too; the result tells which of them are. A signal ends it with nothing.
    ///
    /// # Errors
    /// What the system says of the wait. A client that cannot be accepted is logged, and the others are served.
    pub fn turn(&mut self, at_most: Option<Duration>) -> io::Result<Called> {
        let somebody_waits = self.settle();
        let at_most = if somebody_waits {
            Some(Duration::ZERO)
        } else {
            self.longest_wait(at_most)
        };
        self.poller.wait(at_most)?;
        self.turns += 1;
        self.patience.begin_round();
        self.card.begin_round();
        self.card.read_clock();
        let mut called = Called::default();
        let mut somebody_comes = false;
        let mut number = 0;
        while let Some(source) = self.poller.found(number) {
            match source {
                Source::Client(place) => _ = self.serve(place),
                Source::Watch(watch) => called.note(watch),
                Source::Listener(_) => somebody_comes = true,
            }
            number += 1;
        }
        if somebody_comes {
            self.accept_all();
        }
        self.advance();
        self.serve_waiting();
        Ok(called)
    }

    /// What was done so far. Of a client that went away in the middle of its messages, or broke the protocol, the last few may be
    /// missing.
    #[must_use]
    pub fn counters(&self) -> ServerCounters {
        let mut system_calls = self.poller.calls();
        let places = self.card.topology().places().iter().zip(self.ports.all());
        let functions = places.enumerate().filter_map(|(place, (function, port))| {
            let traffic = port.traffic();
            let losses = self.card.losses(place);
            system_calls += traffic.system_calls;
            let function = (*function)?;
            Some(FunctionCounters {
                function,
                connected: port.server.connection().is_some(),
                messages: traffic.commands,
                posted: traffic.posted,
                refused: traffic.refused,
                interrupts: traffic.interrupts,
                interrupts_lost: losses.interrupts,
                dma_read: traffic.dma_read,
                dma_written: traffic.dma_written,
                dma_blocked: losses.dma,
                serving_ns: port.serving_ns,
            })
        });
        ServerCounters {
            functions: functions.collect(),
            device_ns: self.device_ns,
            turns: self.turns,
            system_calls,
            clock_readings: self.card.clock().readings(),
            ports_looked_at: self.ports.looks(),
        }
    }

    /// Whether a function has a client. An SF has none of its own.
    #[must_use]
    pub fn connected(&self, function: Function) -> bool {
        let place = self.card.topology().place_of(function);
        let port = place.and_then(|place| self.ports.all().get(place));
        port.is_some_and(|port| port.server.connection().is_some())
    }

    /// How long nothing can happen by itself. The time is only looked at if something can.
    fn longest_wait(&mut self, at_most: Option<Duration>) -> Option<Duration> {
        if self.card.has_work() {
            return Some(Duration::ZERO);
        }
        let Some(due) = self.card.next_work() else {
            return at_most;
        };
        let left = Duration::from_nanos(due.saturating_sub(self.card.read_clock()).0);
        Some(at_most.map_or(left, |at_most| at_most.min(left)))
    }

    /// Ends a round, which is a turn and the orders after it, at all ports that something was done with, and begins the next one:
    /// none of the clients can hold it up for longer than its patience. Whether somebody is to be served without a wait.
    fn settle(&mut self) -> bool {
        let Self {
            ports,
            poller,
            complaints,
            ..
        } = self;
        ports.review(|place, port| {
            port.server.refill();
            if let (Some(interest), Some(client)) = (port.new_interest(), port.server.connection()) {
                match poller.modify(client, Source::Client(place), interest) {
                    Ok(()) => port.interest = interest,
                    Err(error) => complaints.tell("a client is watched for something else", &error),
                }
            }
            port.has_waiting()
        })
    }

    /// Serves those of whom commands wait here that no wait tells of: more than one call processes, or those that DMA by
    /// message has received together with its answers. And those who were found to be gone.
    fn serve_waiting(&mut self) {
        let mut number = 0;
        while let Some(place) = self.ports.visited(number) {
            if self.ports.at(place).is_some_and(|port| port.has_waiting()) {
                self.serve(place);
            }
            number += 1;
        }
    }

    /// Lets in whoever the last wait has found. After the clients: one that has gone makes room.
    fn accept_all(&mut self) {
        let mut number = 0;
        while let Some(source) = self.poller.found(number) {
            if let Source::Listener(place) = source
                && let Err(error) = self.accept(place)
            {
                self.complaints.tell("a client cannot be accepted", &error);
            }
            number += 1;
        }
    }

    /// Takes a new client, or turns it away while there is one.
    fn accept(&mut self, place: usize) -> io::Result<()> {
        // Whoever comes right after the last one has gone shall find it gone, however much of it there is to read.
        for _ in 0..LAST_WORDS {
            if !matches!(self.serve(place), Some(Progress::Served)) {
                break;
            }
        }
        let Some((port, others)) = self.ports.split(place) else {
            return Ok(());
        };
        let mut session = Session {
            card: &mut self.card,
            place,
            others,
        };
        let accepted = port.server.on_connect(&mut session);
        if let (Ok(true), Some(client)) = (&accepted, port.server.connection()) {
            port.interest = Interest::Receive;
            if let Err(error) = self.poller.add(client, Source::Client(place), port.interest) {
                let why = Disconnect::Socket(
                    rustix::io::Errno::from_io_error(&error).unwrap_or(rustix::io::Errno::IO),
                );
                port.server.disconnect(&mut session, why);
                return Err(error);
            }
        }
        accepted.map(|_| ())
    }

    /// Processes what a client has sent.
    fn serve(&mut self, place: usize) -> Option<Progress> {
        let begin = self.card.clock().time();
        let (port, others) = self.ports.split(place)?;
        let mut session = Session {
            card: &mut self.card,
            place,
            others,
        };
        let before = port.present();
        let progress = port.server.on_readable(&mut session);
        port.note_past(progress, before);
        if self.card.take_bus_use() {
            port.serving_ns += self.card.read_clock().saturating_sub(begin).0;
        }
        Some(progress)
    }

    /// Lets firmware do what is due.
    fn advance(&mut self) {
        if self.card.has_work() {
            self.work(|card, clients| _ = card.at_work(clients));
        }
    }

    /// Work that no client asked for.
    fn work<T>(&mut self, act: impl FnOnce(&mut Card, Clients<'_>) -> T) -> T {
        let begin = self.card.read_clock();
        let result = act(&mut self.card, self.ports.idle());
        self.device_ns += self.card.read_clock().saturating_sub(begin).0;
        // It is counted here already.
        self.card.take_bus_use();
        result
    }
}

/// Raises the limit of open files as far as the process may.
fn allow_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // With fewer it serves as many clients as it can.
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the limit of open files stays");
    }
}
