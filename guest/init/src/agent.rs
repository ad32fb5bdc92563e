//! Serves a harness: one thread reads orders, one watches the kernel's log, and each order has a thread to itself.

use crate::crew::{self, Crew, in_thread};
use crate::kernel_log::{KernelLog, NewLines};
use crate::port::{Sender, open_port};
use crate::{next_kernel, orders, start};
use guest_protocol::{
    Answer, Complaint, FromGuest, Order, Outcome, Ready, Refusal, Reply, Request, from_line,
};
use rustix::io::Errno;
use rustix::system::uname;
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::time::Duration;

/// Who else is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nobody.
    Alone,
    /// A person at the console.
    BesideShell,
}

/// Serves from now on beside the shell. What goes wrong is told on the console.
pub fn start_beside_shell() {
    let serve = || {
        if let Err(why) = run(Place::BesideShell) {
            eprintln!("guest-init: no orders are served: {why}");
        }
    };
    if let Err(why) = in_thread("orders", serve) {
        eprintln!("guest-init: {why}");
    }
}

/// Serves until the port ends.
///
/// # Errors
///
/// The port or the kernel's log cannot be opened, or the port has ended.
pub fn run(place: Place) -> Result<(), String> {
    let (sender, mut receiver) = open_port()?;
    let sender = Arc::new(sender);
    let log = Arc::new(KernelLog::open().map_err(|errno| format!("open /dev/kmsg: {errno}"))?);
    sender.send(&FromGuest::Ready(Ready {
        version: guest_protocol::VERSION,
        kernel: uname().release().to_string_lossy().into_owned(),
        modules: start::modules(),
        microseconds: microseconds(),
    }));
    watch(&sender, &log)?;
    crew::keep_memory();
    let crew = Crew::muster()?;
    loop {
        let line = receiver.next_line()?;
        // Beside a shell it is the shell's work: it may be waiting for a program of its own.
        if place == Place::Alone {
            start::reap();
        }
        match from_line::<Request>(&line) {
            Ok(request) => serve(&crew, request, &sender, &log)?,
            Err(error) => sender.send(&FromGuest::Misread {
                line,
                why: error.to_string(),
            }),
        }
    }
}

fn watch(sender: &Arc<Sender>, log: &Arc<KernelLog>) -> Result<(), String> {
    let (sender, log) = (Arc::clone(sender), Arc::clone(log));
    in_thread("log", move || {
        loop {
            send_all(&sender, log.watch());
        }
    })
}

fn serve(crew: &Crew, request: Request, sender: &Arc<Sender>, log: &Arc<KernelLog>) -> Result<(), String> {
    let (sender, log) = (Arc::clone(sender), Arc::clone(log));
    // What is printed from now on counts, whenever the order's thread begins.
    let from_now_on = matches!(request.order, Order::AwaitLine { .. }).then(NewLines::open);
    // The kernel names a blocked task by its thread: `task order-7:105 blocked for more than 120 seconds`.
    crew.carry_out(format!("order-{}", request.id), move || {
        let begun = microseconds();
        let end: Option<fn() -> !> = match request.order {
            Order::PowerOff => Some(start::power_off),
            Order::NextKernel => Some(start::hand_over),
            Order::Restart => Some(start::restart),
            _ => None,
        };
        let result = match (request.order, from_now_on) {
            (Order::AwaitLine { words, limit_ms }, Some(lines)) => await_line(lines, &words, limit_ms),
            (order, _) => carry_out(order, &sender, &log),
        };
        let end = end.filter(|_| result.is_ok());
        sender.send(&FromGuest::Reply(Reply {
            id: request.id,
            microseconds: microseconds().saturating_sub(begun),
            outcome: Outcome::from(result),
        }));
        if let Some(end) = end {
            sender.drain();
            end();
        }
    })
}

fn carry_out(order: Order, sender: &Sender, log: &KernelLog) -> Result<Answer, Refusal> {
    match order {
        Order::KernelLog => Ok(printed(sender, log, usize::MAX)),
        Order::KernelLogPart { at_most } => Ok(printed(
            sender,
            log,
            usize::try_from(at_most).unwrap_or(usize::MAX),
        )),
        Order::PowerOff => Ok(Answer::Done),
        Order::Restart => {
            next_kernel::tell_console();
            Ok(Answer::Done)
        }
        Order::NextKernel => {
            // Loading keeps the processor for a second or more: nobody reads the log meanwhile, and the machine ends right after it.
            next_kernel::tell_console();
            let loaded = next_kernel::load().map_err(|error| Refusal {
                errno: error.raw_os_error().unwrap_or(0),
                what: format!("load the next kernel: {error}"),
            });
            loaded.map(|()| Answer::Done)
        }
        other => orders::carry_out(other),
    }
}

fn await_line(lines: Result<NewLines, Errno>, words: &[String], limit_ms: u32) -> Result<Answer, Refusal> {
    let limit = Duration::from_millis(limit_ms.into());
    let awaited = lines.and_then(|lines| lines.wait_for(words, limit));
    let refusal = |errno: Errno| Refusal {
        errno: errno.raw_os_error(),
        what: format!("wait for a line with {}", words.join(" or ")),
    };
    awaited.map(|()| Answer::Done).map_err(refusal)
}

fn printed(sender: &Sender, log: &KernelLog, at_most: usize) -> Answer {
    let (lines, complaints) = log.take(at_most);
    send_all(sender, complaints);
    Answer::Lines(lines)
}

fn send_all(sender: &Sender, complaints: Vec<Complaint>) {
    for complaint in complaints {
        sender.send(&FromGuest::Complaint(complaint));
    }
}

/// Since the kernel's start.
fn microseconds() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or_default() * 1_000_000
        + u64::try_from(now.tv_nsec).unwrap_or_default() / 1000
}
