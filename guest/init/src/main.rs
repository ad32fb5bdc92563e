//! The first and only program of the guest: it mounts what the kernel offers, then serves a harness over the second serial port, or
//! a person at the console, or both.
//!
//! * [`start`] - mounts, the panic hook, the end
//! * [`command_line`] - the kernel's
//! * [`agent`] - the harness's side: [`port`], a thread of the [`crew`] for each order
//! * [`shell`] - the person's side: the same orders as lines of words
//! * [`orders`] - how each is carried out
//! * [`next_kernel`] - another kernel takes the machine over
//! * [`kernel_log`] - the kernel's log, and which of its lines are passed on at once

mod agent;
mod command_line;
mod crew;
mod kernel_log;
mod next_kernel;
mod orders;
mod port;
mod shell;
mod start;

use agent::Place;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::process::id() != 1 {
        eprintln!("guest-init is the first program of a guest and does nothing elsewhere");
        return ExitCode::FAILURE;
    }
    start::end_on_panic();
    if let Err(why) = serve() {
        eprintln!("guest-init: {why}");
    }
    start::power_off()
}

fn serve() -> Result<(), String> {
    start::mount_all()?;
    let line = start::kernel_command_line();
    if !command_line::has_word(&line, guest_protocol::SHELL_WORD) {
        return agent::run(Place::Alone);
    }
    shell::begin(&line);
    if command_line::has_word(&line, guest_protocol::ORDERS_WORD) {
        // The person at the console is served whatever becomes of the port.
        agent::start_beside_shell();
    }
    shell::run()
}
