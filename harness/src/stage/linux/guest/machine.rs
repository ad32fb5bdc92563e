//! The machine as it is started, once or again, and how another kernel comes to it.

use super::error::GuestError;
use device_server::DeviceServer;
use files::Scratch;
use guest::kit::Kit;
use guest::machine::{Agent, CommandLine, Console, Fittings, Monitor, PluggedFunction, Process};
use std::io;
use std::path::PathBuf;

/// Memory of a guest in MiB: enough for the largest page request of a scenario that the driver can meet.
const MEMORY_MIB: u32 = 768;

/// How the next kernel comes to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stage::linux) enum Succession {
    /// It takes over, and no device is reset.
    TakesOver,
    /// The machine starts again.
    StartsAgain,
}

/// An error of the machine that this runs on.
pub(super) const fn io_error(what: &'static str) -> impl Fn(io::Error) -> GuestError {
    move |error| GuestError::Io { what, error }
}

/// What a machine is started with.
pub(super) struct Machine {
    pub(super) kit: Kit,
    pub(super) initrd: PathBuf,
    pub(super) plugged: Vec<PluggedFunction>,
}

impl Machine {
    /// Starts QEMU, for the `number`th time.
    pub(super) fn start(
        &self,
        server: &DeviceServer,
        folder: &Scratch,
        number: u32,
    ) -> Result<(Process, Agent, Monitor), GuestError> {
        let agent_socket = folder.path().join(format!("agent-{number}.sock"));
        let agent = Agent::listen(&agent_socket).map_err(|error| GuestError::Agent {
            what: "cannot serve the guest's second serial port",
            error,
        })?;
        let monitor_socket = folder.path().join(format!("monitor-{number}.sock"));
        let command = CommandLine {
            functions: &self.plugged,
            bar_bytes: server.bar_bytes(),
            initrd: &self.initrd,
            // The levels are for whoever reads the console of a kernel that is gone.
            append: "quiet loglevel=1 console_msg_format=syslog",
            memory_mib: MEMORY_MIB,
            console: Console::File(folder.path().join("console.log")),
            agent: Some(&agent_socket),
            monitor: Some(&monitor_socket),
            fittings: Fittings::default(),
        }
        .command(&self.kit);
        let process = Process::start(command, &folder.path().join("qemu.log"))?;
        Ok((process, agent, Monitor::at(monitor_socket)))
    }
}
