//! `vm`: a guest with a served device and its unmodified driver, on the user's terminal.

mod dialogue;
mod orders;

use crate::cli::exit::Exit;
use crate::cli::kit_arguments::KitArguments;
use crate::cli::serving::MemoryArguments;
use crate::cli::serving::device::DeviceChoice;
use crate::cli::serving::plug;
use crate::cli::serving::service::{Service, ServiceError, ServiceOptions};
use crate::cli::setup;
use crate::cli::signals::EndSignals;
use crate::cli::streams;
use clap::Args;
use dialogue::{Dialogue, Shell};
use files::Scratch;
use guest::image::{Image, ImageError, ImageOptions};
use guest::kit::{Kit, KitError};
use guest::machine::{Agent, AgentError, CommandLine, Console, Process, StartError};
use guest_protocol::{ORDERS_WORD, SHELL_WORD};
use orders::Orders;
use prm::Cycles;
use rustix::process::{Signal, pidfd_send_signal};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// Least memory that a distribution's kernel and the image need, in MiB.
const LEAST_MEMORY: u32 = 128;

/// Which guest to boot, with which device.
#[derive(Clone, Debug, Args)]
pub(super) struct VmArguments {
    #[command(flatten)]
    device: DeviceChoice,
    #[command(flatten)]
    kit: KitArguments,
    /// Boot this initramfs instead of the small one that loads mlx5_core and offers a shell.
    #[arg(long, value_name = "FILE")]
    initrd: Option<PathBuf>,
    /// More words for the kernel's command line.
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
    append: String,
    /// The guest's memory, as 512M or 2G.
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = mebibytes)]
    memory: u32,
    /// Listen here for orders as JSON lines (docs/control.md).
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Write the command stream into this file, one JSON object per line, as commands end.
    #[arg(long, value_name = "FILE")]
    commands: Option<PathBuf>,
    #[command(flatten)]
    memory_files: MemoryArguments,
}

/// Why there is no guest.
#[derive(Debug, thiserror::Error)]
enum VmError {
    #[error(transparent)]
    Kit(#[from] KitError),
    #[error("initramfs: {0}")]
    Image(#[from] ImageError),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Agent(#[from] AgentError),
    #[error("{0}")]
    System(#[from] io::Error),
    #[error("QEMU ended with {0}")]
    Ended(ExitStatus),
}

impl VmError {
    const fn exit(&self) -> Exit {
        match self {
            Self::Service(error) => error.exit(),
            Self::Image(_)
            | Self::Kit(_)
            | Self::Start(_)
            | Self::Agent(_)
            | Self::System(_)
            | Self::Ended(_) => Exit::Backend,
        }
    }
}

pub(super) fn boot(arguments: &VmArguments) -> Exit {
    match arguments.device.read().map(|config| run(arguments, config)) {
        Ok(Ok(())) => Exit::AsExpected,
        Ok(Err(error)) => {
            match &error {
                VmError::Kit(error) => setup::print(error),
                other => streams::error(other),
            }
            error.exit()
        }
        Err(exit) => exit,
    }
}

fn run(arguments: &VmArguments, config: emulator::DeviceConfig) -> Result<(), VmError> {
    let mut parts = arguments.kit.options();
    parts.subfunctions |= config.sfs.max > 0;
    let kit = Kit::locate(&parts)?;
    // Sockets and image live here.
    let folder = Scratch::new()?;
    let initrd = initrd(arguments, &kit, folder.path())?;
    let signals = EndSignals::listen_beside_a_guest()?;
    let mut service = Service::start(ServiceOptions {
        config,
        seed: arguments.device.seed,
        folder: folder.path(),
        control: arguments.control.as_deref(),
        commands: arguments.commands.as_deref(),
        server: arguments.memory_files.options(),
    })?;
    let is_terminal = stdin().is_terminal();
    let functions = plug::functions(&service.device().slots());
    let agent_socket = folder.path().join("agent.sock");
    let orders = orders(arguments, &agent_socket, &mut service)?;
    let takes_orders = arguments.control.is_some() && arguments.initrd.is_none();
    let mut words = vec![SHELL_WORD];
    words.extend(takes_orders.then_some(ORDERS_WORD));
    words.push(&arguments.append);
    let append = words.join(" ");
    let machine = CommandLine {
        functions: &functions,
        bar_bytes: service.device().bar_bytes(),
        initrd: &initrd,
        append: append.trim_end(),
        memory_mib: arguments.memory,
        console: if is_terminal {
            Console::Terminal
        } else {
            Console::Pipe
        },
        agent: takes_orders.then_some(&*agent_socket),
        monitor: None,
    };
    tracing::info!("{}", kit.describe());
    let names = functions
        .iter()
        .map(|function| function.address())
        .collect::<Vec<_>>()
        .join(" ");
    let end = if is_terminal {
        "Ctrl-A X ends QEMU, Ctrl-A H tells what else it takes."
    } else {
        "Its shell gets standard input line by line; the end of it ends the guest."
    };
    streams::note(format_args!("The device is at {names} in the guest. {end}"));
    let _terminal = Terminal::remembered();
    let command = machine.command(&kit);
    let (process, dialogue) = if is_terminal {
        (Process::start_on_terminal(command)?, None)
    } else {
        let shell = match arguments.initrd {
            None => Shell::Ours,
            Some(_) => Shell::Other,
        };
        let (process, to_guest, from_guest) = Process::start_on_pipes(command)?;
        (process, Some(Dialogue::new(shell, to_guest, from_guest)?))
    };
    match until_ended(service, process, dialogue, orders, &signals)? {
        status if status.success() => Ok(()),
        status => Err(VmError::Ended(status)),
    }
}

/// The orders for the guest, where somebody may give any.
fn orders(
    arguments: &VmArguments,
    agent_socket: &Path,
    service: &mut Service,
) -> Result<Option<Orders>, VmError> {
    if arguments.control.is_none() {
        return Ok(None);
    }
    let orders = match &arguments.initrd {
        Some(initrd) => Orders::for_foreign(initrd, service),
        None => Orders::for_guest(Agent::listen(agent_socket)?, service)?,
    };
    Ok(Some(orders))
}

/// The user's initramfs, or ours, written into `folder`.
fn initrd(arguments: &VmArguments, kit: &Kit, folder: &Path) -> Result<PathBuf, ImageError> {
    if let Some(initrd) = &arguments.initrd {
        return Ok(initrd.clone());
    }
    let initrd = folder.join("initramfs");
    Image::build(kit.modules(), &ImageOptions::default())?.write(&initrd)?;
    Ok(initrd)
}

/// How long QEMU may take to end when it is asked.
const PATIENCE: Cycles = Cycles::from_millis(10_000);

/// Serves the device until QEMU has ended, by itself or because it was asked to.
fn until_ended(
    mut service: Service,
    mut process: Process,
    mut dialogue: Option<Dialogue>,
    mut orders: Option<Orders>,
    signals: &EndSignals,
) -> Result<ExitStatus, VmError> {
    let ended = service.watch(process.end_fd())?;
    let told = service.watch(signals)?;
    if let Some(dialogue) = &dialogue {
        service.watch(dialogue.ready_fd())?;
    }
    let mut asked: Option<Cycles> = None;
    loop {
        let now = service.device().now();
        let waited = asked.map(|asked| now.saturating_sub(asked));
        let left = waited.map(|waited| Duration::from_nanos(PATIENCE.saturating_sub(waited).0));
        let kept = orders.as_ref().and_then(|orders| orders.longest_wait(now));
        let called = service.turn([left, kept].into_iter().flatten().min())?;
        if let Some(orders) = &mut orders {
            orders.go_on(&mut service, called)?;
        }
        if let Some(dialogue) = &mut dialogue {
            dialogue.go_on()?;
        }
        if called.has(ended)
            && let Some(status) = process.status()?
        {
            if let Some(orders) = &mut orders {
                orders.end(&mut service);
            }
            return Ok(status);
        }
        let is_told = called.has(told) || service.is_told_to_end();
        if asked.is_some_and(|asked| service.device().now().saturating_sub(asked) >= PATIENCE) {
            process.kill();
        }
        if is_told && asked.is_none() {
            service.unwatch(told);
            asked = Some(service.device().now());
            // QEMU leaves the terminal as it was when it is asked; killed, it does not.
            pidfd_send_signal(process.end_fd(), Signal::TERM).map_err(io::Error::from)?;
        }
    }
}

/// The terminal's settings, brought back at the end whatever QEMU has done to them.
struct Terminal(Option<Termios>);

impl Terminal {
    fn remembered() -> Self {
        Self(tcgetattr(stdin()).ok())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(settings) = &self.0 {
            // What cannot be brought back can only be left.
            let _ = tcsetattr(stdin(), OptionalActions::Now, settings);
        }
    }
}

/// A size as `512M` or `2G`, in MiB.
fn mebibytes(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no size of memory; write it as 512M or 2G");
    let (number, unit) = match text.strip_suffix(['M', 'm']) {
        Some(number) => (number, 1),
        None => (text.strip_suffix(['G', 'g']).ok_or_else(wrong)?, 1024),
    };
    let size = number
        .parse::<u32>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(wrong)?;
    if size < LEAST_MEMORY {
        return Err(format!("a guest needs at least {LEAST_MEMORY}M"));
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_with_its_unit() {
        assert_eq!(mebibytes("512M"), Ok(512));
        assert_eq!(mebibytes("2G"), Ok(2048));
        for wrong in ["512", "M", "-1G", "4194304G", "64M", ""] {
            assert!(mebibytes(wrong).is_err(), "{wrong}");
        }
    }
}
