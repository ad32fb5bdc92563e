//! The server: sockets, clients, and the silicon behind them.

use crate::card::Card;
use crate::complaints::Complaints;
use crate::counters::{FunctionCounters, ServerCounters};
use crate::error::ServeError;
use crate::host_buses::Clients;
use crate::options::ServerOptions;
use crate::session::Session;
use crate::topology::Slot;
use crate::turn::{self, Ready};
use emulator::{DeviceConfig, FirmwareOrder, GateOrder, OrderError, Record, Silicon};
use prm::{Cycles, Function};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;
use transport::{Connection, Patience, Progress, Server, Traffic};

/// How often a client is served before another one is told that it is still there.
const LAST_WORDS: u32 = 64;

/// One silicon, one socket per PCI function. Single-threaded: everything happens in [`Self::turn`].
///
/// A place is the position of a function in [`Self::slots`]; servers and meters stand in the same order.
#[derive(Debug)]
pub struct DeviceServer {
    card: Card,
    servers: Vec<Server>,
    slots: Vec<Slot>,
    /// What the clients have in common for answers to DMA messages.
    patience: Patience,
    meters: Vec<Meter>,
    /// Room for what a wait finds.
    ready: Ready,
    complaints: Complaints,
    /// Nanoseconds spent in work that no message asked for.
    device_ns: u64,
}

/// What the counters need beyond what the connections count.
#[derive(Clone, Copy, Debug, Default)]
struct Meter {
    /// Of the connections that are over.
    past: Traffic,
    /// Nanoseconds spent on messages.
    serving_ns: u64,
}

impl DeviceServer {
    /// Makes the silicon and a socket for each of its PCI functions: `<dir>/<function>.sock`, as `pf.sock` or `ec_vf1.sock`.
    /// The sockets have mode 0600. Stale ones are replaced, live ones are not. The process may have as many open files from then
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
        let card = Card::new(config, seed)?;
        allow_descriptors();
        let functions = card.topology().functions();
        let slots: Vec<Slot> = (0..=u8::MAX)
            .zip(functions)
            .map(|(devfn, &function)| Slot {
                function,
                socket: dir.join(format!("{function}.sock")),
                devfn,
            })
            .collect();
        let patience = Patience::default();
        let servers = slots.iter().map(|slot| {
            let server = Server::bind(&slot.socket)?;
            Ok(server.with_patience(&patience).with_memory(options.memory))
        });
        let servers: Vec<Server> = servers.collect::<Result<_, ServeError>>()?;
        Ok(Self {
            meters: vec![Meter::default(); servers.len()],
            ready: Ready::default(),
            complaints: Complaints::default(),
            card,
            servers,
            slots,
            patience,
            device_ns: 0,
        })
    }

    /// The PCI functions and their sockets: the function under test, then its VFs.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        self.slots.clone()
    }

    /// The silicon, to look at.
    #[must_use]
    pub fn silicon(&self) -> &Silicon {
        self.card.silicon()
    }

    /// Carries out an order to firmware at once, after what was due before.
    ///
    /// # Errors
    /// See [`Silicon::order`].
    pub fn order(&mut self, order: &FirmwareOrder) -> Result<(), OrderError> {
        self.work(|card, clients| {
            let (silicon, mut buses, now) = card.at_work(clients);
            silicon.order(order, now, &mut buses)
        })
    }

    /// Carries out an order to the gate at once, after what was due before.
    ///
    /// # Errors
    /// See [`Silicon::gate`].
    pub fn gate(&mut self, order: &GateOrder) -> Result<(), OrderError> {
        self.work(|card, clients| {
            let (silicon, mut buses, now) = card.at_work(clients);
            silicon.gate(order, now, &mut buses)
        })
    }

    /// Puts another silicon behind the same sockets. Clients stay connected, with their DMA maps and eventfds, and the
    /// configuration spaces stay as the guest has programmed them. To a guest it is as if every function had forgotten what its
    /// driver told it: the driver must be unloaded. Records of the old silicon that were not taken are gone; the clock goes on.
    ///
    /// # Errors
    /// [`ServeError::Config`], [`ServeError::TooManyFunctions`], and [`ServeError::OtherTopology`] if the PCI functions, VFs or SF
    /// windows differ. Then nothing has changed.
    pub fn replace_silicon(&mut self, config: DeviceConfig, seed: u64) -> Result<(), ServeError> {
        self.card.replace_silicon(config, seed)
    }

    /// Time since [`Self::bind`] on the wall clock; 1 cycle is 1 ns.
    #[must_use]
    pub fn now(&self) -> Cycles {
        self.card.now()
    }

    /// What happened since the last call, in order. They pile up until they are taken.
    #[must_use]
    pub fn take_records(&mut self) -> Vec<Record> {
        self.card.silicon_mut().take_records()
    }

    /// Waits until something happens or the time is over, and serves all of it: new clients, their messages, and what firmware
    /// does by itself at its time. A descriptor of `others` that becomes readable, or is closed at its other end, ends the wait
    /// too; the result tells which of them are. A signal ends it with nothing.
    ///
    /// # Errors
    /// What the system says of the wait. A client that cannot be accepted is logged, and the others are served.
    pub fn turn(&mut self, others: &[BorrowedFd<'_>], at_most: Duration) -> io::Result<Vec<bool>> {
        // A turn, and the orders until the next one, are one round: none of the clients can hold it up for longer than
        // its patience.
        self.servers.iter_mut().for_each(Server::refill);
        self.patience.begin_round();
        self.card.begin_round();
        let mut ready = std::mem::take(&mut self.ready);
        turn::wait(&self.servers, others, self.longest_wait(at_most), &mut ready)?;
        for place in &ready.clients {
            self.serve(*place);
        }
        for place in &ready.listeners {
            if let Err(error) = self.accept(*place) {
                self.complaints.tell("a client cannot be accepted", &error);
            }
        }
        self.advance();
        // Commands may wait that `poll` does not tell of: more than one call processes, or those that DMA by message
        // has received together with its answers. And it may have found that a client is gone.
        for place in 0..self.servers.len() {
            if self.servers.get(place).is_some_and(turn::has_waiting) {
                self.serve(place);
            }
        }
        let others = std::mem::take(&mut ready.others);
        self.ready = ready;
        Ok(others)
    }

    /// What was done so far. Of a client that went away in the middle of its messages, or broke the protocol, the last few may be
    /// missing.
    #[must_use]
    pub fn counters(&self) -> ServerCounters {
        let places = self.slots.iter().zip(&self.servers).zip(&self.meters).enumerate();
        let functions = places.map(|(place, ((slot, server), meter))| {
            let present = server.connection().map(Connection::traffic).unwrap_or_default();
            let traffic = sum(meter.past, present);
            let losses = self.card.losses(place);
            FunctionCounters {
                function: slot.function,
                connected: server.connection().is_some(),
                messages: traffic.commands,
                posted: traffic.posted,
                refused: traffic.refused,
                interrupts: traffic.interrupts,
                interrupts_lost: losses.interrupts,
                dma_read: traffic.dma_read,
                dma_written: traffic.dma_written,
                dma_blocked: losses.dma,
                serving_ns: meter.serving_ns,
            }
        });
        ServerCounters {
            functions: functions.collect(),
            device_ns: self.device_ns,
        }
    }

    /// Whether a function has a client. An SF has none of its own.
    #[must_use]
    pub fn connected(&self, function: Function) -> bool {
        let mut places = self.slots.iter().zip(&self.servers);
        places.any(|(slot, server)| slot.function == function && server.connection().is_some())
    }

    /// How long nothing can happen by itself.
    fn longest_wait(&self, at_most: Duration) -> Duration {
        if self.servers.iter().any(turn::has_waiting) {
            return Duration::ZERO;
        }
        if self.card.silicon().has_work(self.now()) {
            return Duration::ZERO;
        }
        match self.card.silicon().next_due() {
            Some(due) => at_most.min(Duration::from_nanos(due.at.saturating_sub(self.now()).0)),
            None => at_most,
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
        match Session::split(&mut self.card, &mut self.servers, place) {
            Some((server, mut session)) => server.on_connect(&mut session).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Processes what a client has sent.
    fn serve(&mut self, place: usize) -> Option<Progress> {
        let begin = self.now();
        let (server, mut session) = Session::split(&mut self.card, &mut self.servers, place)?;
        let before = server.connection().map(Connection::traffic).unwrap_or_default();
        let progress = server.on_readable(&mut session);
        let end = self.now();
        if let Some(meter) = self.meters.get_mut(place) {
            if matches!(progress, Progress::Disconnected(_)) {
                meter.past = sum(meter.past, before);
            }
            meter.serving_ns += end.saturating_sub(begin).0;
        }
        Some(progress)
    }

    /// Lets firmware do what is due.
    fn advance(&mut self) {
        if self.card.silicon().has_work(self.now()) {
            self.work(|card, clients| _ = card.at_work(clients));
        }
    }

    /// Work that no client asked for.
    fn work<T>(&mut self, act: impl FnOnce(&mut Card, Clients<'_>) -> T) -> T {
        let begin = self.now();
        let result = act(&mut self.card, Clients::idle(&mut self.servers));
        self.device_ns += self.now().saturating_sub(begin).0;
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

fn sum(a: Traffic, b: Traffic) -> Traffic {
    Traffic {
        commands: a.commands + b.commands,
        posted: a.posted + b.posted,
        refused: a.refused + b.refused,
        interrupts: a.interrupts + b.interrupts,
        dma_read: a.dma_read + b.dma_read,
        dma_written: a.dma_written + b.dma_written,
    }
}
