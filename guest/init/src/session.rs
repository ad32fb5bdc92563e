//! A person's program: a shell on the console, or what is asked for at the port of a session, with its streams byte for byte.
//!
//! * [`surroundings`] - what a program finds: commands, folders of the host, another root
//! * [`program`] - which program that is, and what it is told
//! * [`enter`] - how it begins
//! * [`streams`] - what it reads and writes
//! * [`link`] - the port to the host

pub mod enter;
mod link;
mod program;
mod streams;
mod surroundings;

use crate::crew::in_thread;
use crate::orders;
use crate::{command_line, hotplug, start};
use guest_protocol::{Errand, FromSession, Order, Outcome, Program, Root, Terminal};
use link::Link;
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus, wait};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::low_level::pipe;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the exit code of a program that a signal has ended begins with.
const BY_SIGNAL: i32 = 128;

/// Makes ready what every person's program finds: folders, commands, modules. Returns what was not inserted, and why.
///
/// # Errors
/// Something cannot be mounted.
pub fn begin(kernel_command_line: &str) -> Result<Vec<String>, String> {
    surroundings::prepare()?;
    if let Err(why) = hotplug::watch() {
        eprintln!("guest-init: VFs get no drivers by themselves: {why}");
    }
    let mut refused = Vec::new();
    for name in start::modules() {
        let parameters = command_line::module_parameters(kernel_command_line, &name);
        println!("insmod {name} {parameters}");
        let order = Order::InsertModule { name, parameters };
        if let Outcome::Error(refusal) = orders::carry_out(order).into() {
            println!("{refusal}");
            refused.push(refusal.to_string());
        }
    }
    Ok(refused)
}

/// Does one errand, and ends the guest. `at_port`: it comes from the host; otherwise it is a shell on the console.
///
/// # Errors
/// There is no port, or no program.
pub fn run(at_port: bool, refused: Vec<String>) -> Result<(), String> {
    let told = heed_signals()?;
    if !at_port {
        let terminal = Program::Terminal(Terminal::default());
        let (pid, _) = program::start(&terminal, "/", None)?;
        wait_for(pid, &told);
        return Ok(());
    }
    let mut link = Link::open()?;
    let sender = link.sender();
    sender.send(&FromSession::Hello(guest_protocol::SESSION_VERSION));
    for refusal in refused {
        sender.send(&FromSession::Note(refusal));
    }
    let errand = link.errand()?;
    match do_errand(link, &errand, &told) {
        Ok(code) => sender.send(&FromSession::End(code)),
        Err(why) => sender.send(&FromSession::Refused(why)),
    }
    Ok(())
}

fn do_errand(link: Link, errand: &Errand, told: &AtomicBool) -> Result<u8, String> {
    let root = match &errand.root {
        Root::Image => "/",
        Root::Shared { tag } => surroundings::enter_shared_root(tag)?,
    };
    for share in &errand.shares {
        surroundings::mount_share(root, share)?;
    }
    let sender = link.sender();
    let (pid, pipes) = program::start(&errand.program, root, errand.folder.as_deref())?;
    let pumps = streams::join(link, pipes)?;
    let code = wait_for(pid, told);
    // What it has left behind holds its streams open.
    start::end_all();
    pumps.drain();
    drop(sender);
    Ok(code)
}

/// From now on other programs can ask for the end. Set once one has.
fn heed_signals() -> Result<Arc<AtomicBool>, String> {
    let failed = |error: std::io::Error| format!("heed signals: {error}");
    let (mut heard, signals) = UnixStream::pair().map_err(failed)?;
    for signal in [SIGUSR1, SIGUSR2, SIGTERM, SIGINT] {
        pipe::register(signal, signals.try_clone().map_err(failed)?).map_err(failed)?;
    }
    let told = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&told);
    in_thread("signals", move || {
        // Kept open, so that nothing is read but signals.
        let _signals = signals;
        if heard.read_exact(&mut [0]).is_ok() {
            tell.store(true, Ordering::SeqCst);
            start::end_all();
        }
    })?;
    Ok(told)
}

/// Waits for the program, and takes the exit status of all others that end: orphans are handed to the first program. The program's
/// exit code; 0 where it has asked for the guest's end.
fn wait_for(program: Pid, told: &AtomicBool) -> u8 {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == program => {
                return if told.load(Ordering::SeqCst) {
                    0
                } else {
                    code(status)
                };
            }
            Ok(_) | Err(Errno::INTR) => {}
            // Somebody else has taken it.
            Err(_) => return 0,
        }
    }
}

/// The exit code of a program that ended so, as a shell has it.
fn code(status: WaitStatus) -> u8 {
    let by_signal = status.terminating_signal().map(|signal| BY_SIGNAL + signal);
    let code = status.exit_status().or(by_signal).unwrap_or(1);
    u8::try_from(code).unwrap_or(u8::MAX)
}
