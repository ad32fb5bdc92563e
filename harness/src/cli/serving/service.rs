//! A served device with its control socket and its command stream, in one loop.

use super::boot_script::BootScriptError;
use crate::cli::exit::Exit;
use device_server::control::ControlServer;
use device_server::control::guest::{GuestAnswer, GuestCall, GuestFailure, Ticket};
use device_server::{Called, ClockKind, DeviceServer, ServeError, ServerOptions, Watch};
use emulator::{DeviceConfig, Record};
use files::folder::check_around;
use files::{FileError, FolderError, LineFile};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;
use transport::ListenError;

/// What to serve, and where.
#[derive(Debug)]
pub(in crate::cli) struct ServiceOptions<'a> {
    /// The device.
    pub config: DeviceConfig,
    /// Seed of what it draws.
    pub seed: u64,
    /// Folder for the sockets of its functions. It is there.
    pub folder: &'a Path,
    /// The control socket.
    pub control: Option<&'a Path>,
    /// File for the command stream.
    pub commands: Option<&'a Path>,
    /// What clients are allowed.
    pub server: ServerOptions,
}

/// Why a device is not served, or not any more.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ServiceError {
    /// The device cannot be made, or not be served there.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// There is no control socket.
    #[error("control socket: {0}")]
    Control(#[from] ListenError),
    /// The command stream cannot be written.
    #[error(transparent)]
    Commands(#[from] FileError),
    /// Others could put a socket in the place of ours.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There is no script to boot a guest with.
    #[error("boot script: {0}")]
    BootScript(#[from] BootScriptError),
    /// The sockets cannot be served.
    #[error("serving: {0}")]
    System(#[from] io::Error),
}

impl ServiceError {
    /// How the process ends.
    pub(in crate::cli) const fn exit(&self) -> Exit {
        match self {
            Self::Serve(ServeError::Config(_)) => Exit::InvalidScenario,
            Self::Commands(_) | Self::Folder(_) | Self::BootScript(BootScriptError::File(_)) => Exit::Usage,
            Self::Serve(_) | Self::Control(_) | Self::BootScript(_) | Self::System(_) => Exit::Backend,
        }
    }
}

/// A device that is served. Its sockets are gone when this is dropped.
#[derive(Debug)]
pub(in crate::cli) struct Service {
    served: device_server::Service,
    commands: Option<CommandStream>,
}

impl Service {
    /// Makes the device and all sockets.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub(in crate::cli) fn start(options: ServiceOptions<'_>) -> Result<Self, ServiceError> {
        // Before there is anything to take away again.
        options.control.map(check_around).transpose()?;
        let commands = options.commands.map(CommandStream::create).transpose()?;
        let mut device =
            DeviceServer::bind_with(options.config, options.seed, options.folder, options.server)?;
        // In virtual time the driver is one of ours: it reads what one in this process reads.
        if device.clock() == ClockKind::Wall {
            device.offer_versions();
        }
        let control = options.control.map(ControlServer::bind).transpose()?;
        let served = device_server::Service::new(device, control)?;
        Ok(Self { served, commands })
    }

    /// The device.
    pub(in crate::cli) const fn device(&self) -> &DeviceServer {
        self.served.device()
    }

    /// Where orders are taken.
    pub(in crate::cli) fn control_path(&self) -> Option<&Path> {
        self.served.control_path()
    }

    /// Whether a control client has ordered the end.
    pub(in crate::cli) fn is_told_to_end(&self) -> bool {
        self.served.is_told_to_end()
    }

    /// Takes orders for a guest from now on.
    pub(in crate::cli) fn offer_guest(&mut self) {
        self.served.offer_guest();
    }

    /// The orders for the guest that have come since the last call.
    pub(in crate::cli) fn take_guest_calls(&mut self) -> Vec<GuestCall> {
        self.served.take_guest_calls()
    }

    /// Answers one of them.
    pub(in crate::cli) fn answer_guest(&mut self, ticket: Ticket, answer: Result<GuestAnswer, GuestFailure>) {
        self.served.answer_guest(ticket, answer);
    }

    /// Watches a descriptor of the caller's.
    ///
    /// # Errors
    /// What the system says.
    pub(in crate::cli) fn watch(&mut self, fd: impl AsFd) -> io::Result<Watch> {
        self.served.watch(fd)
    }

    /// Watches it no longer.
    pub(in crate::cli) fn unwatch(&mut self, watch: Watch) {
        self.served.unwatch(watch);
    }

    /// Waits until something happens or the time is over, if there is one, and serves all of it; tells which of the caller's
    /// descriptors are readable.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub(in crate::cli) fn turn(&mut self, at_most: Option<Duration>) -> Result<Called, ServiceError> {
        let commands = &mut self.commands;
        self.served.turn(at_most, |records| match commands {
            Some(commands) => commands.write(records),
            None => Ok(()),
        })
    }
}

/// A file that gets every command when it ends.
#[derive(Debug)]
struct CommandStream(LineFile);

impl CommandStream {
    fn create(file: &Path) -> Result<Self, ServiceError> {
        Ok(Self(LineFile::create(file)?))
    }

    /// Writes the commands among these records, as `run --commands` does. Who follows the file sees them at once.
    fn write(&mut self, records: &[Record]) -> Result<(), ServiceError> {
        let mut lines = Vec::new();
        for record in records {
            // A command's record has nothing that JSON cannot say.
            if let Record::Command(command) = record
                && serde_json::to_writer(&mut lines, command).is_ok()
            {
                lines.push(b'\n');
            }
        }
        Ok(self.0.write(&lines)?)
    }
}
