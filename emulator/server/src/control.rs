//! The control socket: orders for a served device, as JSON lines.
//!
//! A client connects to a UNIX socket and writes requests, one JSON object per line: `id` and one order, written as in
//! the steps of a scenario. It is answered by lines that carry the same `id`. [`message`] has all of it as types, and
//! `docs/control.md` as sentences.
//!
//! | where | what |
//! |---|---|
//! | [`message`], [`answer`] | requests and answers |
//! | `reading`, `lines` | from bytes to requests, and what is wrong with them |
//! | `client` | one connection |
//! | [`look`], `account` | what a judge asks, and what it has not heard of yet |
//! | [`guest`] | orders that somebody else carries out, in the guest |
//! | [`drivers`], `chronicle` | which drivers are ready, and all else that records tell |
//! | `execution`, `history` | what an order does |
//!
//! # Bounds
//! Whoever may open the socket (its mode is 0600) can send any bytes. They cannot make this block or panic. For each of
//! [`CLIENTS`] clients there is kept a line and what came with it, what the client has left unread (at most
//! [`UNREAD_LIMIT`] before something new, and eight times as much after the records of one turn) and one answer more. An
//! answer is bounded because what it tells of is: commands by their slots, holds and page requests by their limits, the
//! name of a hold by its length. Beside that there are the latest commands and the rules in force: a bounded number,
//! each no longer than the line that it came in. What is wrong is answered and the connection stays; only a client that
//! does not read what it asked for is dropped.

mod account;
pub mod answer;
mod chronicle;
mod client;
pub mod drivers;
mod execution;
pub mod guest;
mod history;
mod lines;
pub mod look;
pub mod message;
mod reading;
#[cfg(test)]
mod tests;

use crate::complaints::Complaints;
use crate::control::chronicle::{Chronicle, news};
use crate::control::client::Client;
use crate::control::execution::{execute, failure, outcome_of};
use crate::control::guest::{GuestAnswer, GuestCall, GuestDesk, GuestFailure, Ticket};
use crate::control::lines::Line;
use crate::control::message::{Order, Outcome};
use crate::control::reading::read_request;
use crate::server::DeviceServer;
use emulator::Record;
use prm::Cycles;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use transport::{ListenError, Listener};

pub use client::UNREAD_LIMIT;
pub use lines::LONGEST_LINE;
pub use message::Problem;

/// How many clients there may be at a time.
pub const CLIENTS: usize = 32;

/// How many clients are accepted at one call: others wait meanwhile.
const ACCEPTS: usize = 16;

/// The number under which the listening socket is watched.
const LISTENER: u64 = 0;

/// The control socket and its clients.
///
/// The owner's event loop watches [`Self::as_fd`], and calls [`Self::serve`] when it is readable or when there
/// [is something to do](Self::has_work); nothing here blocks.
#[derive(Debug)]
pub struct ControlServer {
    listener: Listener,
    /// Watches the listening socket and all clients, so that the owner has one descriptor to watch.
    epoll: OwnedFd,
    clients: BTreeMap<u64, Client>,
    /// How many clients there were.
    seen: u64,
    chronicle: Chronicle,
    guest: GuestDesk,
    ends: bool,
    complaints: Complaints,
}

impl ControlServer {
    /// Listens at a path with mode 0600. A stale socket there is replaced, a live one is not.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        let system = |error: rustix::io::Errno| ListenError::System {
            path: path.to_owned(),
            error: error.into(),
        };
        let listener = Listener::bind(path)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(system)?;
        let token = epoll::EventData::new_u64(LISTENER);
        epoll::add(&epoll, &listener, token, epoll::EventFlags::IN).map_err(system)?;
        Ok(Self {
            listener,
            epoll,
            clients: BTreeMap::new(),
            seen: 0,
            chronicle: Chronicle::default(),
            guest: GuestDesk::default(),
            ends: false,
            complaints: Complaints::default(),
        })
    }

    /// From now on everything is kept that happens, until somebody looks. Without this it is so from the first look on.
    pub fn keep_account(&mut self) {
        self.chronicle.account.get_or_insert_default();
    }

    /// From now on orders for the guest are not refused: the owner takes them with [`Self::take_guest_calls`].
    pub fn offer_guest(&mut self) {
        self.guest.open();
    }

    /// The orders for the guest that have come since the last call. At most 32 are under way at a time.
    #[must_use]
    pub fn take_guest_calls(&mut self) -> Vec<GuestCall> {
        self.guest.take()
    }

    /// Answers an order for the guest. If its client is gone, nobody gets it.
    pub fn answer_guest(&mut self, ticket: Ticket, answer: Result<GuestAnswer, GuestFailure>) {
        self.guest.close_one();
        let Some(client) = self.clients.get_mut(&ticket.client) else {
            return;
        };
        client.guest_calls = client.guest_calls.saturating_sub(1);
        let outcome = match answer {
            Ok(answer) => Outcome::Guest(Box::new(answer)),
            Err(GuestFailure { message, errno }) => Outcome::Error(Problem {
                errno,
                ..failure(message, ticket.line)
            }),
        };
        client.answer(Some(ticket.id), outcome);
        self.let_go();
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.listener.path()
    }

    /// Whether a client has ordered the end.
    #[must_use]
    pub const fn ends(&self) -> bool {
        self.ends
    }

    /// When [`Self::serve`] has something to do even if nobody sends anything, on the device's clock.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Cycles> {
        let waits = self.clients.values().flat_map(|client| &client.waits);
        waits.map(|wait| wait.deadline).min()
    }

    /// Whether [`Self::serve`] is due although the descriptor may not be readable: somebody waits for a hold, which a
    /// driver's command may have met, or a client has a line left or is over.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.clients.values().any(Client::has_work)
    }

    /// Keeps the commands among these records, and sends all of them to the clients that have subscribed.
    pub fn publish(&mut self, records: &[Record]) {
        if records.is_empty() {
            return;
        }
        self.chronicle.keep(records);
        self.tell(records);
    }

    /// Sends records that were kept, and what has become of drivers by them, to the clients that have subscribed.
    fn tell(&mut self, records: &[Record]) {
        let changes = self.chronicle.take_changes();
        let mut subscribed = self
            .clients
            .values_mut()
            .filter(|client| client.is_subscribed)
            .peekable();
        if subscribed.peek().is_some() && !(records.is_empty() && changes.is_empty()) {
            let news = news(records, &changes);
            subscribed.for_each(|client| client.send_all(&news));
        }
        self.let_go();
    }

    /// Accepts, reads, carries out, answers, all of it as far as it goes without waiting. Returns the records of it: they are
    /// published.
    ///
    /// # Errors
    /// What the system says of the wait. What else goes wrong is logged, and those that are connected are served.
    pub fn serve(&mut self, device: &mut DeviceServer) -> io::Result<Vec<Record>> {
        let mut events = Vec::with_capacity(CLIENTS + 1);
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        rustix::io::retry_on_intr(|| epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&at_once)))?;
        for event in &events {
            let (token, flags) = (event.data.u64(), event.flags);
            if token == LISTENER {
                self.accept();
            } else if let Some(client) = self.clients.get_mut(&token) {
                if flags.intersects(epoll::EventFlags::HUP | epoll::EventFlags::ERR) {
                    client.hung_up();
                }
                client.flush();
                client.receive();
            }
        }
        // Whoever waits for a hold that has caught shall hear of it before somebody releases it.
        self.answer_waits(device);
        let records = self.carry_out(device);
        self.answer_waits(device);
        self.tell(&records);
        Ok(records)
    }

    fn accept(&mut self) {
        for _ in 0..ACCEPTS {
            match self.listener.accept() {
                Ok(Some(stream)) => self.admit(stream),
                Ok(None) => return,
                Err(error) => {
                    return self
                        .complaints
                        .tell("a control client cannot be accepted", &error);
                }
            }
        }
    }

    // Who connects again and again would fill the log, so it is told to those who want to see everything.
    fn admit(&mut self, stream: OwnedFd) {
        let mut client = Client::new(stream);
        if self.clients.len() == CLIENTS {
            tracing::debug!("a control client is turned away: there are {CLIENTS}");
            let problem = failure(format!("there are {CLIENTS} clients already"), 0);
            client.answer(None, Outcome::Error(problem));
            return;
        }
        self.seen += 1;
        let token = epoll::EventData::new_u64(self.seen);
        if let Err(error) = epoll::add(&self.epoll, &client, token, client.interest) {
            let what = "a control client cannot be watched, and is sent away";
            return self.complaints.tell(what, &error.into());
        }
        tracing::debug!(client = self.seen, "control client connected");
        self.clients.insert(self.seen, client);
    }

    /// Carries out what was asked for. What an order does is kept at once: the next one may ask for it.
    fn carry_out(&mut self, device: &mut DeviceServer) -> Vec<Record> {
        let mut done = Vec::new();
        for (number, client) in &mut self.clients {
            while let Some((line, text)) = client.next_line() {
                let request = match text {
                    Line::TooLong => Err((
                        None,
                        failure(format!("the line is longer than {LONGEST_LINE} bytes"), line),
                    )),
                    Line::Whole(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => continue,
                    Line::Whole(bytes) => read_request(&bytes, line),
                };
                let (id, outcome) = match request {
                    Ok(request) => {
                        tracing::debug!(client = number, id = request.id, order = ?request.order, "control order");
                        self.ends |= request.order == Order::Shutdown {};
                        let ticket = Ticket {
                            client: *number,
                            id: request.id,
                            line,
                        };
                        (
                            Some(request.id),
                            execute(
                                request.order,
                                ticket,
                                client,
                                &mut self.chronicle,
                                &mut self.guest,
                                device,
                            ),
                        )
                    }
                    Err((id, problem)) => (id, Some(Outcome::Error(problem))),
                };
                if let Some(outcome) = outcome {
                    if let Outcome::Error(problem) = &outcome {
                        tracing::debug!(client = number, line, %problem, "control order failed");
                    }
                    client.answer(id, outcome);
                }
                let records = device.take_records();
                self.chronicle.keep(&records);
                done.extend(records);
            }
        }
        done
    }

    fn answer_waits(&mut self, device: &DeviceServer) {
        if self.clients.values().all(|client| client.waits.is_empty()) {
            return;
        }
        let (holds, now) = (device.silicon().holds(), device.now());
        for client in self.clients.values_mut() {
            for wait in std::mem::take(&mut client.waits) {
                match outcome_of(&wait, &holds, now) {
                    Some(outcome) => client.answer(Some(wait.id), outcome),
                    None => client.waits.push(wait),
                }
            }
        }
    }

    /// Lets go of those that are over, and watches the others.
    fn let_go(&mut self) {
        self.clients.retain(|number, client| {
            if client.is_slow() {
                tracing::warn!(client = number, "control client dropped: it does not read");
            } else if client.is_over() {
                tracing::debug!(client = number, "control client disconnected");
            }
            !client.is_over()
        });
        self.watch();
    }

    /// Watches the clients for what can come of them.
    fn watch(&mut self) {
        for (number, client) in &mut self.clients {
            let wanted = client.wanted();
            if wanted == client.interest {
                continue;
            }
            match epoll::modify(&self.epoll, &*client, epoll::EventData::new_u64(*number), wanted) {
                Ok(()) => client.interest = wanted,
                Err(error) => self
                    .complaints
                    .tell("a control client is watched for something else", &error.into()),
            }
        }
    }
}

impl AsFd for ControlServer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}
