//! A booted guest with its device: one thread serves the device, talks to the guest and watches QEMU.

mod boot;
mod error;
mod exchange;
mod look;
mod machine;
mod next_kernel;
mod orders;

pub use error::GuestError;
pub(super) use machine::Succession;

use super::probes::{PageWait, Seen};
use super::profile::{Profile, Room};
use crate::stage::heard::is_fatal;
use device_server::{DeviceServer, Watch};
use emulator::{CommandRecord, Record, Silicon};
use files::Scratch;
use guest::machine::{Agent, AgentError, Monitor, PluggedFunction, PortError, Process};
use guest_protocol::{Complaint, FromGuest, LogLine, Ready, Reply};
use prm::{Cycles, Function};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

/// Name of the driver under test, as a module and on the PCI bus.
pub const DRIVER: &str = "mlx5_core";

/// How long QEMU may take from closing its serial port to its end.
const ENDING: Duration = Duration::from_secs(10);

/// The longest time in which nothing is looked at.
const TURN: Duration = Duration::from_millis(20);

/// Whether a line heads the report of a `WARN`.
#[must_use]
pub fn is_warning(line: &LogLine) -> bool {
    line.text.starts_with("WARNING: ")
}

/// What is watched beside the device's sockets.
struct Watched {
    /// The guest's program; before it has connected, that it does.
    agent: Watch,
    /// Its descriptor, to see that it is another.
    agent_fd: RawFd,
    /// QEMU's end.
    end: Watch,
    /// Readable once whoever runs this wants the end.
    interrupt: Option<Watch>,
}

/// See the module's head. It is switched off when dropped.
pub struct Guest {
    server: DeviceServer,
    process: Process,
    agent: Agent,
    monitor: Monitor,
    /// What the probes have seen since the device was replaced.
    seen: Seen,
    /// What its kernel has seen.
    profile: Profile,
    room: Room,
    functions: BTreeMap<Function, PluggedFunction>,
    replies: BTreeMap<u32, Reply>,
    complaints: Vec<Complaint>,
    commands: Vec<CommandRecord>,
    /// Firmware's account, where somebody wants to have it.
    account: Option<Vec<Record>>,
    /// How many records the device has made: a measure of activity.
    activity: u64,
    /// Since when it has made none.
    calm_since: Cycles,
    watched: Watched,
    /// How it is started again, and how often it has been started.
    machine: machine::Machine,
    machines: u32,
    /// What the kernel's tracing notes.
    traced: Vec<String>,
    folder: Scratch,
}

impl Guest {
    /// The device.
    #[must_use]
    pub fn silicon(&self) -> &Silicon {
        self.server.silicon()
    }

    /// The server, to give orders.
    pub fn server(&mut self) -> &mut DeviceServer {
        &mut self.server
    }

    /// The device's clock, which is the wall clock.
    #[must_use]
    pub fn now(&self) -> Cycles {
        self.server.now()
    }

    /// Address of a function in the guest, as sysfs names it.
    #[must_use]
    pub fn address(&self, function: Function) -> Option<String> {
        self.functions.get(&function).map(PluggedFunction::address)
    }

    /// Address of the function under test.
    #[must_use]
    pub fn address_under_test(&self) -> String {
        self.address(self.silicon().main_function()).unwrap_or_default()
    }

    /// Lets the root port in front of the device report an error.
    ///
    /// # Errors
    /// [`GuestError::Monitor`].
    pub fn report_port_error(&mut self, error: PortError) -> Result<(), GuestError> {
        Ok(self.monitor.report_port_error(error)?)
    }

    /// How much the device has recorded so far, and since when nothing was added.
    #[must_use]
    pub const fn activity(&self) -> (u64, Cycles) {
        (self.activity, self.calm_since)
    }

    /// Whether the kernel has complained so that nothing more can be expected of it, since the complaints were last taken.
    #[must_use]
    pub fn has_died(&self) -> bool {
        self.complaints.iter().any(is_fatal)
    }

    /// What the kernel has complained about since the last call.
    pub fn take_complaints(&mut self) -> Vec<Complaint> {
        std::mem::take(&mut self.complaints)
    }

    /// From now on firmware's account is kept, see [`Guest::take_account`].
    pub fn keep_account(&mut self) {
        self.account = Some(Vec::new());
    }

    /// Firmware's account since it was kept. From now on it is not.
    pub fn take_account(&mut self) -> Option<Vec<Record>> {
        self.account.take()
    }

    /// How long the driver has waited for pages, since the last call.
    pub fn take_waits(&mut self) -> Vec<PageWait> {
        self.seen.take_waits()
    }

    /// The command stream since the last call, in the order of doorbells.
    pub fn take_commands(&mut self) -> Vec<CommandRecord> {
        let mut commands = std::mem::take(&mut self.commands);
        commands.sort_by_key(|command| command.n);
        commands
    }

    /// Serves device and guest for as long as `at_most`, or until something has happened. Returns what the guest said
    /// it is, if it has just booted.
    ///
    /// # Errors
    /// [`GuestError::Gone`] or [`GuestError::Qemu`] once QEMU has ended, [`GuestError::Interrupted`].
    pub fn turn(&mut self, at_most: Duration) -> Result<Option<Ready>, GuestError> {
        let io_error = |what| move |error| GuestError::Io { what, error };
        let called = self.server.turn(Some(at_most));
        let called = called.map_err(io_error("cannot serve the device"))?;
        if self
            .watched
            .interrupt
            .is_some_and(|interrupt| called.has(interrupt))
        {
            return Err(GuestError::Interrupted);
        }
        let mut ready = None;
        if called.has(self.watched.agent) {
            match self.agent.receive() {
                Ok(said) => said.into_iter().for_each(|words| self.hear(words, &mut ready)),
                Err(error) => return Err(self.lost("cannot hear the guest", error)),
            }
            self.watch_agent().map_err(io_error("cannot watch the guest"))?;
        }
        if called.has(self.watched.end) {
            return Err(self.gone());
        }
        self.note_records();
        Ok(ready)
    }

    /// Watches the connection of the guest's program instead of the socket where it was waited for.
    fn watch_agent(&mut self) -> io::Result<()> {
        let fd = self.agent.fd();
        if fd.as_raw_fd() != self.watched.agent_fd {
            self.server.unwatch(self.watched.agent);
            self.watched.agent = self.server.watch(fd)?;
            self.watched.agent_fd = fd.as_raw_fd();
        }
        Ok(())
    }

    /// Why the guest cannot be talked to: a port that is closed or broken is that of a machine that has ended.
    fn lost(&mut self, what: &'static str, error: AgentError) -> GuestError {
        match error {
            AgentError::Closed | AgentError::Io(_) => self.gone(),
            error => GuestError::Agent { what, error },
        }
    }

    fn gone(&mut self) -> GuestError {
        // The serial port is closed a moment before the process has ended.
        let status = self.process.wait(ENDING);
        let words = self.last_words();
        // Asked to end by somebody else, QEMU ends well.
        let told = words.contains("terminating on signal");
        match status {
            Ok(Some(status)) if status.success() && !told => {
                GuestError::Gone(format!("it was switched off; {words}"))
            }
            Ok(Some(status)) => GuestError::Qemu(format!("it ended with {status}; {words}")),
            _ => GuestError::Qemu(format!("it closed its serial port; {words}")),
        }
    }

    fn hear(&mut self, words: FromGuest, ready: &mut Option<Ready>) {
        match words {
            FromGuest::Ready(said) => *ready = Some(said),
            FromGuest::Reply(reply) => {
                self.replies.insert(reply.id, reply);
            }
            FromGuest::Complaint(complaint) => {
                tracing::info!(actor = "kernel", "{}", complaint.line);
                self.complaints.push(complaint);
            }
            FromGuest::Misread { line, why } => tracing::error!(line, why, "the guest misread an order"),
        }
    }

    fn note_records(&mut self) {
        let records = self.server.take_records();
        if records.is_empty() {
            return;
        }
        self.activity += records.len() as u64;
        self.calm_since = self.now();
        if let Some(account) = &mut self.account {
            account.extend(records.iter().cloned());
        }
        for record in records {
            tracing::debug!(actor = "firmware", "{record}");
            match record {
                Record::Command(command) | Record::CommandUnfinished { command, .. } => {
                    self.commands.push(*command);
                }
                _ => {}
            }
        }
    }

    /// The end of what the guest wrote on its console, or QEMU into its log.
    #[must_use]
    pub fn last_words(&self) -> String {
        let tail = |name: &str| {
            let text = std::fs::read(self.folder.path().join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).trim().to_owned();
            let lines: Vec<&str> = text.lines().rev().take(6).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        let (console, log) = (tail("console.log"), tail("qemu.log"));
        match (console.is_empty(), log.is_empty()) {
            (true, true) => "nothing was written".to_owned(),
            (true, false) => format!("QEMU says: {log}"),
            (false, true) => format!("the console says: {console}"),
            (false, false) => format!("the console says: {console}\nQEMU says: {log}"),
        }
    }
}
