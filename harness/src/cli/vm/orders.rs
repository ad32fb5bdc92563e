//! Orders for the guest that come in at the control socket: to its program over the second serial port, and the answers back.

#[cfg(test)]
mod tests;

use crate::cli::serving::service::Service;
use device_server::control::guest::{GuestAnswer, GuestCall, GuestFailure, GuestOrder, KernelLine, Ticket};
use device_server::{Called, Watch};
use guest::machine::{Agent, AgentError};
use guest_protocol::{Answer, FromGuest, LogLine, Order, Outcome, Refusal, Reply, VERSION};
use prm::Cycles;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::time::Duration;

/// How long an order is kept for a guest that boots. Without KVM a boot takes about 10 s of processor time, and a machine may be
/// busy.
const BOOT_LIMIT: Cycles = Cycles::from_millis(180_000);

/// How many lines of its log the kernel is asked for at once, each of 1 KiB at most: the port takes 4 MiB in a line.
const LINES: u32 = 2048;

/// Whether there is somebody to carry out orders.
#[derive(Debug)]
enum Listener {
    /// Not yet: the guest boots.
    Booting,
    /// It has said that it listens.
    Ready,
    /// There is none, or none any more, for this reason.
    Absent(String),
}

/// An order that is kept until the guest listens.
#[derive(Debug)]
struct Kept {
    call: GuestCall,
    until: Cycles,
}

/// The connection of the guest's program, or the socket where it is waited for.
#[derive(Debug)]
struct Line {
    agent: Agent,
    watch: Watch,
    /// The descriptor that is watched, to see that it is another.
    fd: RawFd,
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Orders {
    /// None where nobody will ever speak.
    line: Option<Line>,
    listener: Listener,
    /// How long an order is kept.
    limit: Cycles,
    /// In the order in which they came.
    kept: VecDeque<Kept>,
    /// What the guest works on, by the number of the order there.
    under_way: BTreeMap<u32, GuestCall>,
}

impl Orders {
    /// Orders for the guest whose second serial port will lead to this agent.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn for_guest(agent: Agent, service: &mut Service) -> io::Result<Self> {
        service.offer_guest();
        let watch = service.watch(agent.fd())?;
        let fd = agent.fd().as_raw_fd();
        Ok(Self::new(Some(Line { agent, watch, fd }), Listener::Booting))
    }

    /// Orders that nobody will carry out: the guest boots an initramfs of the user's own.
    pub(super) fn for_foreign(initrd: &Path, service: &mut Service) -> Self {
        service.offer_guest();
        let why = format!(
            "the guest boots {}, which takes no orders; without --initrd it does",
            initrd.display()
        );
        Self::new(None, Listener::Absent(why))
    }

    const fn new(line: Option<Line>, listener: Listener) -> Self {
        Self {
            line,
            listener,
            limit: BOOT_LIMIT,
            kept: VecDeque::new(),
            under_way: BTreeMap::new(),
        }
    }

    /// How long there is nothing to do by itself.
    pub(super) fn longest_wait(&self, now: Cycles) -> Option<Duration> {
        let first = self.kept.front()?;
        Some(Duration::from_nanos(first.until.saturating_sub(now).0))
    }

    /// Does what there is to do after a turn.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn go_on(&mut self, service: &mut Service, called: Called) -> io::Result<()> {
        if self.line.as_ref().is_some_and(|line| called.has(line.watch)) {
            self.hear(service)?;
        }
        let now = service.device().now();
        for call in service.take_guest_calls() {
            match &self.listener {
                Listener::Booting => {
                    let until = now.saturating_add(self.limit);
                    self.kept.push_back(Kept { call, until });
                }
                Listener::Ready => self.send(call, service),
                Listener::Absent(why) => service.answer_guest(call.ticket, Err(failure(why.clone()))),
            }
        }
        while self.kept.front().is_some_and(|kept| kept.until <= now)
            && let Some(kept) = self.kept.pop_front()
        {
            let limit = Duration::from_nanos(self.limit.0).as_secs();
            let words = format!("the guest's program takes no orders yet, after {limit} s");
            service.answer_guest(kept.call.ticket, Err(failure(words)));
        }
        Ok(())
    }

    /// The guest has ended: whoever waits for it is told.
    pub(super) fn end(&mut self, service: &mut Service) {
        self.fall_silent("the guest has ended".to_owned(), service);
    }

    /// Takes what the guest has said.
    fn hear(&mut self, service: &mut Service) -> io::Result<()> {
        let Some(line) = &mut self.line else { return Ok(()) };
        let said = line.agent.receive();
        let fd = line.agent.fd();
        if fd.as_raw_fd() != line.fd {
            // The program has connected: what it says is watched, and no longer the socket where it was waited for.
            line.fd = fd.as_raw_fd();
            service.unwatch(line.watch);
            line.watch = service.watch(fd)?;
        }
        match said {
            Ok(said) => said.into_iter().for_each(|words| self.take(words, service)),
            Err(AgentError::Closed) => self.end(service),
            Err(error) => self.fall_silent(format!("the guest is not heard: {error}"), service),
        }
        Ok(())
    }

    fn take(&mut self, words: FromGuest, service: &mut Service) {
        match words {
            FromGuest::Ready(ready) if ready.version == VERSION => {
                tracing::debug!(kernel = ready.kernel, "the guest takes orders");
                self.listener = Listener::Ready;
                for kept in std::mem::take(&mut self.kept) {
                    self.send(kept.call, service);
                }
            }
            FromGuest::Ready(ready) => {
                let words = format!(
                    "the guest speaks version {} of the protocol, not {VERSION}",
                    ready.version
                );
                self.fall_silent(words, service);
            }
            FromGuest::Reply(reply) => {
                if let Some(call) = self.under_way.remove(&reply.id) {
                    let answer = answer_to(&call.order, reply);
                    service.answer_guest(call.ticket, answer);
                }
            }
            // The kernel says it on the console, too.
            FromGuest::Complaint(complaint) => tracing::debug!(actor = "kernel", "{}", complaint.line),
            FromGuest::Misread { line, why } => {
                self.fall_silent(format!("the guest has misread `{line}`: {why}"), service);
            }
        }
    }

    fn send(&mut self, call: GuestCall, service: &mut Service) {
        let Some(line) = &mut self.line else {
            return refuse(call.ticket, "the guest has ended", service);
        };
        match line.agent.send(order_for(&call.order)) {
            Ok(number) => {
                self.under_way.insert(number, call);
            }
            Err(error) => {
                let words = format!("the guest takes no orders: {error}");
                refuse(call.ticket, &words, service);
                self.fall_silent(words, service);
            }
        }
    }

    /// Nobody carries out orders any more.
    fn fall_silent(&mut self, why: String, service: &mut Service) {
        if let Some(line) = self.line.take() {
            service.unwatch(line.watch);
        }
        let kept = std::mem::take(&mut self.kept).into_iter().map(|kept| kept.call);
        for call in kept.chain(std::mem::take(&mut self.under_way).into_values()) {
            refuse(call.ticket, &why, service);
        }
        if !matches!(self.listener, Listener::Absent(_)) {
            self.listener = Listener::Absent(why);
        }
    }
}

fn refuse(ticket: Ticket, why: &str, service: &mut Service) {
    service.answer_guest(ticket, Err(failure(why.to_owned())));
}

const fn failure(message: String) -> GuestFailure {
    GuestFailure { message, errno: None }
}

/// The order as the guest's program takes it.
fn order_for(order: &GuestOrder) -> Order {
    match order.clone() {
        GuestOrder::Counters {} => Order::AllPageCounters,
        GuestOrder::Insmod { name, parameters } => Order::InsertModule { name, parameters },
        GuestOrder::Rmmod { name } => Order::RemoveModule { name },
        GuestOrder::Dmesg {} => Order::KernelLogPart { at_most: LINES },
    }
}

/// What the control socket's client is answered.
fn answer_to(order: &GuestOrder, reply: Reply) -> Result<GuestAnswer, GuestFailure> {
    let answer = match reply.outcome {
        Outcome::Ok(answer) => answer,
        Outcome::Error(Refusal { errno, what }) => {
            return Err(GuestFailure {
                message: what,
                errno: Some(errno),
            });
        }
    };
    match (order, answer) {
        (GuestOrder::Counters {}, Answer::CountersByDevice(counters)) => Ok(GuestAnswer {
            counters: Some(counters),
            ..GuestAnswer::default()
        }),
        (GuestOrder::Dmesg {}, Answer::Lines(lines)) => Ok(GuestAnswer {
            dmesg: Some(lines.into_iter().map(line).collect()),
            ..GuestAnswer::default()
        }),
        (GuestOrder::Insmod { .. } | GuestOrder::Rmmod { .. }, Answer::Done) => Ok(GuestAnswer::default()),
        (_, other) => Err(failure(format!(
            "the guest has answered something else: {other:?}"
        ))),
    }
}

fn line(line: LogLine) -> KernelLine {
    let time = Duration::from_micros(line.microseconds);
    KernelLine {
        seconds: time.as_secs_f64(),
        level: line.level,
        text: line.text,
    }
}
