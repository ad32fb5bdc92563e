//! A guest from its start to its end, with everybody who is served meanwhile.

use super::dialogue::Dialogue;
use super::error::VmError;
use super::orders::Orders;
use super::session::Session;
use crate::cli::serving::service::Service;
use crate::cli::signals::EndSignals;
use guest::machine::{Console, Process};
use prm::Cycles;
use rustix::process::{Signal, pidfd_send_signal};
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

/// How long QEMU may take to end when it is asked, or when its program has ended.
const PATIENCE: Cycles = Cycles::from_millis(10_000);

/// QEMU, and who talks to what runs in it.
#[derive(Debug)]
pub(super) struct Guest {
    process: Process,
    dialogue: Option<Dialogue>,
    orders: Option<Orders>,
}

impl Guest {
    /// Starts QEMU.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn start(
        command: std::process::Command,
        console: &Console,
        orders: Option<Orders>,
    ) -> Result<Self, VmError> {
        let (process, dialogue) = match console {
            Console::Pipe => {
                let (process, to_guest, from_guest) = Process::start_on_pipes(command)?;
                (process, Some(Dialogue::new(to_guest, from_guest)?))
            }
            Console::File(_) => (Process::start_apart(command)?, None),
            Console::Terminal => (Process::start_on_terminal(command)?, None),
        };
        Ok(Self {
            process,
            dialogue,
            orders,
        })
    }
}

/// How a guest's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Death {
    /// What QEMU says.
    pub(super) status: ExitStatus,
    /// Whether somebody has asked for it.
    pub(super) was_asked: bool,
}

/// Serves the device until QEMU has ended, by itself or because it was asked to.
pub(super) fn until_ended(
    service: &mut Service,
    guest: &mut Guest,
    session: Option<&Session>,
    signals: &EndSignals,
) -> Result<Death, VmError> {
    let Guest {
        process,
        dialogue,
        orders,
    } = guest;
    let ended = service.watch(process.end_fd())?;
    let told = service.watch(signals)?;
    let finished = session
        .map(|session| service.watch(session.ended_fd()))
        .transpose()?;
    if let Some(dialogue) = dialogue {
        service.watch(dialogue.ready_fd())?;
    }
    let mut asked: Option<Cycles> = None;
    let mut was_asked = false;
    let mut is_over = false;
    loop {
        let now = service.device().now();
        let waited = asked.map(|asked| now.saturating_sub(asked));
        let left = waited.map(|waited| Duration::from_nanos(PATIENCE.saturating_sub(waited).0));
        let kept = orders.as_ref().and_then(|orders| orders.longest_wait(now));
        let called = service.turn([left, kept].into_iter().flatten().min())?;
        if let Some(orders) = orders {
            orders.go_on(service, called)?;
        }
        if let Some(dialogue) = dialogue {
            dialogue.go_on()?;
        }
        if called.has(ended)
            && let Some(status) = process.status()?
        {
            if let Some(orders) = orders {
                orders.end(service);
            }
            return Ok(Death { status, was_asked });
        }
        if let Some(finished) = finished
            && called.has(finished)
            && !is_over
        {
            service.unwatch(finished);
            is_over = true;
            asked.get_or_insert(now);
        }
        if asked.is_some_and(|asked| service.device().now().saturating_sub(asked) >= PATIENCE) {
            process.kill();
        }
        let is_told = called.has(told) || service.is_told_to_end();
        if is_told && !was_asked {
            service.unwatch(told);
            asked = Some(service.device().now());
            was_asked = true;
            // QEMU leaves the terminal as it was when it is asked; killed, it does not.
            pidfd_send_signal(process.end_fd(), Signal::TERM).map_err(io::Error::from)?;
        }
    }
}
