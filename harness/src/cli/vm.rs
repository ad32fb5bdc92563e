//! `vm`: a guest with a served device and its unmodified driver, on the user's terminal, or for one command.

mod arguments;
mod console;
mod dialogue;
mod errand;
mod error;
mod life;
mod orders;
mod session;
mod terminal;
#[cfg(test)]
mod tests;

pub(super) use arguments::VmArguments;

use crate::cli::exit::Exit;
use crate::cli::serving::plug;
use crate::cli::serving::service::{Service, ServiceOptions};
use crate::cli::setup;
use crate::cli::signals::EndSignals;
use crate::cli::streams;
use console::ConsoleLog;
use errand::Plan;
use error::VmError;
use files::{LineFile, Scratch};
use guest::image::kernel::unwrapped;
use guest::image::{Image, ImageOptions, Packing};
use guest::kit::Kit;
use guest::machine::{Accelerator, Agent, CommandLine, Console, Fittings, VirtioPort};
use guest_protocol::{ORDERS_WORD, SESSION_PORT, SESSION_WORD};
use life::{Death, Guest, until_ended};
use orders::Orders;
use session::{Ending, Session};
use std::io::{IsTerminal, stdin};
use std::path::{Path, PathBuf};
use terminal::Terminal;

/// What keeps a kernel where its symbols say that it is.
const FOR_DEBUGGERS: &str = "nokaslr";

/// Boots a guest. `is_verbose`: what its console says goes to standard error where it has no other place.
pub(super) fn boot(arguments: &VmArguments, is_verbose: bool) -> Exit {
    match arguments
        .device
        .read()
        .map(|config| run(arguments, config, is_verbose))
    {
        Ok(Ok(exit)) => exit,
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

fn run(arguments: &VmArguments, config: emulator::DeviceConfig, is_verbose: bool) -> Result<Exit, VmError> {
    let is_terminal = stdin().is_terminal();
    let plan = Plan::of(arguments, is_terminal)?;
    if arguments.accelerator() == Some(Accelerator::Kvm) && !Accelerator::has_kvm() {
        return Err(VmError::NoKvm);
    }
    let mut parts = arguments.kit.options();
    parts.subfunctions |= config.sfs.max > 0;
    let kit = Kit::locate(&parts)?;
    let dmesg = arguments.dmesg.as_deref().map(LineFile::create).transpose()?;
    // Sockets and image live here.
    let folder = Scratch::new()?;
    let initrd = initrd(arguments, &kit, &plan, folder.path())?;
    let packed_kernel = kit.kernel().to_owned();
    let kit = with_unwrapped_kernel(kit, folder.path())?;
    // A guest with streams has no terminal: SIGINT is for this process.
    let has_streams = arguments.initrd.is_none() && plan.has_streams();
    let signals = if has_streams {
        EndSignals::listen()?
    } else {
        EndSignals::listen_beside_a_guest()?
    };
    let mut service = Service::start(ServiceOptions {
        config,
        seed: arguments.device.seed,
        folder: folder.path(),
        control: arguments.control.as_deref(),
        commands: arguments.commands.as_deref(),
        server: arguments.memory_files.options(),
    })?;
    let sockets = Sockets::in_folder(folder.path());
    let orders = orders(arguments, &sockets.agent, &mut service)?;
    let log = (has_streams || dmesg.is_some())
        .then(|| ConsoleLog::open(&sockets.console, dmesg, is_verbose && has_streams))
        .transpose()?;
    let session = (arguments.initrd.is_none())
        .then(|| Session::listen(sockets.session.clone(), plan.errand.clone()))
        .transpose()?;
    let console = match (has_streams, is_terminal) {
        (true, _) => Console::File(sockets.console.clone()),
        (false, true) => Console::Terminal,
        (false, false) => Console::Pipe,
    };
    let functions = plug::functions(&service.device().slots());
    let port = VirtioPort {
        name: SESSION_PORT,
        socket: sockets.session.clone(),
    };
    let takes_orders = arguments.control.is_some() && arguments.initrd.is_none();
    let append = kernel_words(arguments, takes_orders);
    let machine = CommandLine {
        functions: &functions,
        bar_bytes: service.device().bar_bytes(),
        initrd: &initrd,
        append: &append,
        memory_mib: arguments.memory,
        console: console.clone(),
        agent: takes_orders.then_some(&*sockets.agent),
        monitor: None,
        fittings: Fittings {
            processors: arguments.cpus,
            accelerator: arguments.accelerator(),
            kernel_log: (log.is_some() && !has_streams).then_some(&*sockets.console),
            ports: if session.is_some() {
                std::slice::from_ref(&port)
            } else {
                &[]
            },
            folders: &plan.folders,
            debugger: arguments.gdb,
            arguments: arguments.qemu_arguments(),
        },
    };
    tracing::info!("{}", kit.describe());
    if !has_streams {
        let names: Vec<String> = functions.iter().map(|function| function.address()).collect();
        announce(&names.join(" "), is_terminal);
    }
    if let Some(port) = arguments.gdb {
        errand::announce_debugger(port, &packed_kernel, kit.kernel_release());
    }
    let _terminal = Terminal::remembered();
    let mut guest = Guest::start(machine.command(&kit), &console, orders)?;
    let death = until_ended(&mut service, &mut guest, session.as_ref(), &signals);
    // Only now, so that nobody is waited for whose QEMU is there.
    drop(guest);
    let ending = session.map(Session::end).transpose();
    let last_words = log.map(ConsoleLog::end).transpose()?.unwrap_or_default();
    let death = death?;
    match ending? {
        Some(Ending::Refused(why)) => Err(VmError::Refused(why)),
        Some(ending) if has_streams => exit(death, ending, last_words),
        // A person has seen how the shell ended.
        _ if death.status.success() => Ok(Exit::AsExpected),
        _ => Err(VmError::Ended(death.status)),
    }
}

/// How the process ends with a command.
fn exit(death: Death, ending: Ending, last_words: Vec<String>) -> Result<Exit, VmError> {
    match ending {
        Ending::Code(0) => Ok(Exit::AsExpected),
        Ending::Code(code) => Ok(Exit::OfGuest(code)),
        Ending::Refused(why) => Err(VmError::Refused(why)),
        Ending::Lost if death.was_asked => Ok(Exit::Interrupted),
        Ending::Lost if !death.status.success() => Err(VmError::Ended(death.status)),
        Ending::Lost => Err(VmError::Lost(last_words)),
    }
}

/// The sockets that QEMU connects to, and the FIFO of the console.
#[derive(Debug)]
struct Sockets {
    agent: PathBuf,
    console: PathBuf,
    session: PathBuf,
}

impl Sockets {
    fn in_folder(folder: &Path) -> Self {
        Self {
            agent: folder.join("agent.sock"),
            console: folder.join("console"),
            session: folder.join("session.sock"),
        }
    }
}

fn announce(names: &str, is_terminal: bool) {
    let end = if is_terminal {
        "Ctrl-A X ends QEMU, Ctrl-A H tells what else it takes."
    } else {
        "Its shell gets standard input line by line; the end of it ends the guest."
    };
    streams::note(format_args!("The device is at {names} in the guest. {end}"));
}

fn kernel_words(arguments: &VmArguments, takes_orders: bool) -> String {
    let mut words = Vec::new();
    words.extend(arguments.initrd.is_none().then_some(SESSION_WORD));
    words.extend(takes_orders.then_some(ORDERS_WORD));
    words.extend(arguments.gdb.map(|_| FOR_DEBUGGERS));
    words.push(&arguments.append);
    words.join(" ").trim_end().to_owned()
}

/// The same kit with its kernel unwrapped, where that can be: QEMU starts it sooner.
fn with_unwrapped_kernel(kit: Kit, folder: &Path) -> Result<Kit, VmError> {
    let Some(kernel) = unwrapped(&std::fs::read(kit.kernel())?) else {
        return Ok(kit);
    };
    let path = folder.join("vmlinux");
    files::write(&path, kernel)?;
    Ok(kit.with_kernel_image(path))
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
fn initrd(arguments: &VmArguments, kit: &Kit, plan: &Plan, folder: &Path) -> Result<PathBuf, VmError> {
    if let Some(initrd) = &arguments.initrd {
        return Ok(initrd.clone());
    }
    let shares = !plan.folders.is_empty();
    let modules = shares.then(|| kit.share_modules()).transpose()?;
    let initrd = folder.join("initramfs");
    let options = ImageOptions {
        // It is read once, and unpacking takes a guest longer.
        packing: Packing::Plain,
        ..ImageOptions::of_person(kit.shell(), modules)
    };
    Image::build(kit.modules(), &options)?.write(&initrd)?;
    Ok(initrd)
}
