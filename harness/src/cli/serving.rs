//! `serve`: the device behind vfio-user sockets, for a QEMU of one's own.

mod boot_script;
pub(super) mod device;
pub(super) mod plug;
pub(super) mod service;

use crate::cli::backend::quoted;
use crate::cli::exit::Exit;
use crate::cli::signals::EndSignals;
use crate::cli::streams;
use clap::Args;
use device::DeviceChoice;
use service::{Service, ServiceError, ServiceOptions};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// What to serve, and where.
#[derive(Clone, Debug, Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    device: DeviceChoice,
    /// Folder for the sockets, one for each PCI function. Made for the user alone if it is not there.
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
    #[arg(long, value_name = "FILE")]
    boot_script: Option<PathBuf>,
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
    let folder = match folder(&arguments.socket_dir) {
        Ok(folder) => folder,
        Err(error) => {
            streams::error(format_args!("{}: {error}", arguments.socket_dir.display()));
            return Exit::Usage;
        }
    };
    let options = ServiceOptions {
        config,
        seed: arguments.device.seed,
        folder: &folder,
        control: arguments.control.as_deref(),
        commands: arguments.commands.as_deref(),
    };
    let started = Service::start(options).and_then(|service| {
        if let Some(file) = &arguments.boot_script {
            boot_script::write(file, service.device())?;
            tracing::info!("sh {} boots a guest with it", quoted(&file.display().to_string()));
        }
        Ok(service)
    });
    match started.and_then(|service| until_told(service, &signals)) {
        Ok(()) => {
            tracing::info!("ended; the sockets are gone");
            Exit::AsExpected
        }
        Err(error) => {
            streams::error(&error);
            error.exit()
        }
    }
}

fn until_told(mut service: Service, signals: &EndSignals) -> Result<(), ServiceError> {
    plug::announce(service.device());
    if let Some(path) = service.control_path() {
        tracing::info!("orders are taken at {}", path.display());
    }
    let told = service.watch(signals)?;
    loop {
        if service.turn(None)?.has(told) {
            tracing::info!("a signal ends the server; a second one ends it at once");
            return Ok(());
        }
        if service.is_told_to_end() {
            tracing::info!("a control client ends the server");
            return Ok(());
        }
    }
}

/// The folder with its full path, which QEMU needs wherever it runs; made for the user alone if it is not there.
fn folder(path: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    std::path::absolute(path)
}
