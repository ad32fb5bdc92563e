//! A shell for a person at the console: lines of words that become the orders a harness gives.
//!
//! * [`command`] - from a line to what it asks for
//! * [`answer`] - an answer as text

mod answer;
mod command;

use crate::kernel_log::KernelLog;
use crate::orders::virtual_functions::{self, State, VirtualFunction};
use crate::{command_line, orders, start};
use command::{Command, HELP, parse};
use guest_protocol::{Answer, Order, Outcome, SHELL_PROMPT};
use rustix::process::{ioctl_tiocsctty, setsid};
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process;

/// Shells that a user may have put into the image.
const SHELLS: [(&str, &[&str]); 2] = [("/bin/sh", &[]), ("/bin/busybox", &["sh"])];

/// Takes the console and inserts the image's modules.
pub fn begin(kernel_command_line: &str) {
    // Lets the console send signals to programs started here; without it only their job control is missing.
    let _ = setsid();
    let _ = ioctl_tiocsctty(io::stdin());
    for name in start::modules() {
        let parameters = command_line::module_parameters(kernel_command_line, &name);
        println!("insmod {name} {parameters}");
        show(orders::carry_out(Order::InsertModule { name, parameters }).into());
    }
}

/// Serves the console until it ends.
///
/// # Errors
///
/// The console cannot be read.
pub fn run() -> Result<(), String> {
    println!("This is the guest of mlx5-cosim. help lists what it understands.");
    let mut lines = io::stdin().lock().lines();
    loop {
        print!("{SHELL_PROMPT}");
        // A prompt that does not appear is the least trouble of a broken console.
        let _ = io::stdout().flush();
        let Some(line) = lines.next() else { return Ok(()) };
        let line = line.map_err(|error| format!("read the console: {error}"))?;
        start::reap();
        match parse(&line) {
            Ok(Some(command)) => obey(command),
            Ok(None) => {}
            Err(why) => println!("{why}"),
        }
    }
}

fn obey(command: Command) {
    match command {
        Command::Help => print!("{HELP}"),
        Command::Order(order) => show(orders::carry_out(order).into()),
        Command::VirtualFunctions { folder, number } => {
            match virtual_functions::set_number(&folder, &number) {
                Ok(all) => all.iter().for_each(|vf| println!("{}", line_of(vf))),
                Err(refusal) => println!("{refusal}"),
            }
        }
        Command::Counters => show(orders::carry_out(Order::AllPageCounters).into()),
        Command::KernelLog => match KernelLog::open() {
            Ok(log) => show(Outcome::Ok(Answer::Lines(log.take(usize::MAX).0))),
            Err(errno) => println!("/dev/kmsg: {errno}"),
        },
        Command::Shell => start_shell(),
        Command::PowerOff => start::power_off(),
        Command::Restart => start::restart(),
    }
}

/// What became of a VF, for a person.
fn line_of(vf: &VirtualFunction) -> String {
    let VirtualFunction {
        number,
        address,
        state,
    } = vf;
    match state {
        State::Bound => format!("  vf{number} {address}: it has a driver"),
        State::Unbound => {
            format!(
                "  vf{number} {address}: its registers are in place; sriov_drivers_autoprobe is 0, so bind it"
            )
        }
        State::Refused(refusal) => format!("  vf{number} {address}: {refusal}"),
    }
}

fn show(outcome: Outcome) {
    match outcome {
        Outcome::Ok(answer) => print!("{}", answer::text(&answer)),
        Outcome::Error(refusal) => println!("{refusal}"),
    }
}

fn start_shell() {
    let Some((path, arguments)) = SHELLS.iter().find(|(path, _)| Path::new(path).exists()) else {
        println!("there is neither /bin/sh nor /bin/busybox in this image");
        return;
    };
    if let Err(error) = process::Command::new(path).args(*arguments).status() {
        println!("{path}: {error}");
    }
}
