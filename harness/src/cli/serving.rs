//! `serve`: the device behind vfio-user sockets, for a QEMU of one's own.

mod boot_script;
pub(super) mod device;
mod last_resort;
pub(super) mod plug;
pub(super) mod service;
mod walls;

use crate::cli::backend::quoted;
use crate::cli::exit::Exit;
use crate::cli::setup;
use crate::cli::signals::EndSignals;
use crate::cli::streams;
use boot_script::BootScriptError;
use clap::Args;
use device::DeviceChoice;
use device_server::{ClockKind, Layout, ServerOptions};
use emulator::DeviceConfig;
use files::private_folder;
use rustix::io::Errno;
use service::{Service, ServiceError, ServiceOptions};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use transport::MemoryPolicy;
use walls::Walls;

/// What to serve, and where.
#[derive(Clone, Debug, Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    device: DeviceChoice,
    /// Folder for the sockets, one for each PCI function. Made for the user alone if it is not there; one that others
    /// may write into is refused.
    #[arg(long, value_name = "DIR")]
    socket_dir: PathBuf,
    /// Listen here for orders as JSON lines (docs/control.md).
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Write the command stream into this file, one JSON object per line, as commands end.
    #[arg(long, value_name = "FILE")]
    commands: Option<PathBuf>,
    /// Write a shell script that boots a guest of the kit with this device, for another terminal, and its initramfs
    /// beside it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["virtual_time", "flat"])]
    boot_script: Option<PathBuf>,
    /// Let the device's clock stand until the order `time` at the control socket moves it. Nothing of the device happens by
    /// itself then.
    #[arg(long, requires = "control")]
    virtual_time: bool,
    /// Serve ordinary functions without SR-IOV, the same for every device: f0.sock for the function under test, f1.sock to
    /// f<N>.sock for its VFs. The order `replace` at the control socket puts any device behind them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=255))]
    flat: Option<u16>,
    /// With --flat: how many SF windows BAR 2 of the first function has.
    #[arg(long, value_name = "K", requires = "flat", default_value_t = 0)]
    sf_windows: u16,
    /// End when standard input does: whoever holds its other end has ended, however that came.
    #[arg(long, hide = true)]
    until_stdin_ends: bool,
    /// Serve without a sandbox: the process keeps all files and system calls of its user (docs/qemu.md).
    #[arg(long)]
    no_sandbox: bool,
    #[command(flatten)]
    memory: MemoryArguments,
}

impl ServeArguments {
    fn options(&self) -> ServerOptions {
        let clock = if self.virtual_time {
            ClockKind::Virtual
        } else {
            ClockKind::Wall
        };
        let layout = match self.flat {
            Some(virtual_functions) => Layout::Flat {
                virtual_functions,
                sf_windows: self.sf_windows,
            },
            None => Layout::Sriov,
        };
        ServerOptions {
            clock,
            layout,
            ..self.memory.options()
        }
    }
}

/// Which memory a client may have.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct MemoryArguments {
    /// Let clients have any file as their memory, not only memfd and tmpfs. A file system that takes its time for an
    /// answer keeps all clients waiting, one that a client serves itself (FUSE) for ever.
    #[arg(long)]
    allow_files: bool,
}

impl MemoryArguments {
    /// As the server takes it.
    pub(super) fn options(self) -> ServerOptions {
        let memory = if self.allow_files {
            MemoryPolicy::AnyFile
        } else {
            MemoryPolicy::SharedMemory
        };
        ServerOptions {
            memory,
            ..ServerOptions::default()
        }
    }
}

pub(super) fn serve(arguments: &ServeArguments) -> Exit {
    let config = match arguments.device.read() {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    // Before there is a socket, so that a signal never leaves one behind.
    let signals = match EndSignals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            streams::error(format_args!("signals: {error}"));
            return Exit::Internal;
        }
    };
    let folder = match private_folder(&arguments.socket_dir) {
        Ok(folder) => folder,
        Err(error) => {
            streams::error(error);
            return Exit::Usage;
        }
    };
    let heard = match signals.try_clone() {
        Ok(heard) => heard,
        Err(error) => {
            streams::error(format_args!("signals: {error}"));
            return Exit::Internal;
        }
    };
    let service = match start(arguments, config, &folder) {
        Ok(service) => service,
        Err(error) => return failed(&error),
    };
    let walls = if arguments.no_sandbox {
        Walls::None
    } else {
        Walls::around(
            &folder,
            arguments.control.as_deref(),
            service.device().sockets().len(),
        )
    };
    let until_stdin_ends = arguments.until_stdin_ends;
    let work = move || {
        walls.close();
        until_told(service, &signals, until_stdin_ends)
    };
    match last_resort::beside_signals(heard, last_resort::GRACE, work) {
        Ok(Some(Ok(()))) => {
            tracing::info!("ended; the sockets are gone");
            Exit::AsExpected
        }
        Ok(Some(Err(error))) => failed(&error),
        Ok(None) => {
            streams::error("the device is stuck in a file of a client; its sockets are left behind");
            Exit::Backend
        }
        Err(error) => {
            streams::error(&error);
            Exit::Internal
        }
    }
}

/// Tells why a device is not served, or not any more.
fn failed(error: &ServiceError) -> Exit {
    match error {
        ServiceError::BootScript(BootScriptError::Kit(error)) => setup::print(error),
        other => streams::error(other),
    }
    error.exit()
}

fn start(arguments: &ServeArguments, config: DeviceConfig, folder: &Path) -> Result<Service, ServiceError> {
    let service = Service::start(ServiceOptions {
        config,
        seed: arguments.device.seed,
        folder,
        control: arguments.control.as_deref(),
        commands: arguments.commands.as_deref(),
        server: arguments.options(),
    })?;
    if let Some(file) = &arguments.boot_script {
        boot_script::write(file, service.device())?;
        tracing::info!("sh {} boots a guest with it", quoted(&file.display().to_string()));
    }
    Ok(service)
}

fn until_told(
    mut service: Service,
    signals: &EndSignals,
    until_stdin_ends: bool,
) -> Result<(), ServiceError> {
    plug::announce(service.device());
    if let Some(path) = service.control_path() {
        tracing::info!("orders are taken at {}", path.display());
    }
    let told = service.watch(signals)?;
    let stdin = until_stdin_ends.then(io::stdin);
    let stdin = stdin.map(|stdin| service.watch(&stdin)).transpose()?;
    loop {
        let called = service.turn(None)?;
        if called.has(told) {
            tracing::info!("a signal ends the server; a second one ends it at once");
            return Ok(());
        }
        if stdin.is_some_and(|stdin| called.has(stdin)) && has_ended(io::stdin()) {
            tracing::info!("standard input has ended, and so does the server");
            return Ok(());
        }
        if service.is_told_to_end() {
            tracing::info!("a control client ends the server");
            return Ok(());
        }
    }
}

/// Whether nothing more comes there, of what is readable. What comes is nobody's.
fn has_ended(input: impl AsFd) -> bool {
    rustix::io::read(input, &mut [0; 512]).map_or_else(|error| error != Errno::INTR, |read| read == 0)
}
