//! A shell of lines of words that become the orders a harness gives, and each of its words as a command.
//!
//! * [`command`] - from a line to what it asks for
//! * [`answer`] - an answer as text

mod answer;
mod command;

use crate::kernel_log::KernelLog;
use crate::orders::virtual_functions::{State, VirtualFunction};
use crate::{hotplug, orders, start};
use command::{Command, HELP, parse};
use guest_protocol::{Answer, Order, Outcome, SHELL_PROMPT};
use std::io::{self, BufRead, IsTerminal, Write};

/// Words that are commands by themselves.
pub const COMMANDS: [&str; 13] = [
    "bind", "config", "counters", "devlink", "help", "insmod", "lspci", "poweroff", "reboot", "rmmod",
    "settle", "unbind", "vfs",
];

/// Words that are commands where there is no busybox.
pub const WITHOUT_BUSYBOX: [&str; 2] = ["dmesg", "sh"];

/// Those of them that no other program can stand in for.
pub const POWER: [&str; 2] = ["poweroff", "reboot"];

/// The exit code of a command that was not carried out.
const FAILED: u8 = 1;
/// The exit code of a line that is not understood, as other shells have it.
const NOT_UNDERSTOOD: u8 = 127;

/// Obeys the lines of standard input, or those behind `-c`. The exit code is that of the last one.
pub fn run(arguments: &[String]) -> u8 {
    if let [flag, text, ..] = arguments
        && flag == "-c"
    {
        return text.lines().fold(0, |_, line| obey_line(line));
    }
    let asks = io::stdin().is_terminal();
    if asks {
        println!("This is the guest of mlx5-cosim. help lists what it understands.");
    }
    let mut code = 0;
    let mut lines = io::stdin().lock().lines();
    loop {
        if asks {
            print!("{SHELL_PROMPT}");
            // A prompt that does not appear is the least trouble of a broken console.
            let _ = io::stdout().flush();
        }
        match lines.next() {
            Some(Ok(line)) => code = obey_line(&line),
            Some(Err(_)) | None => return code,
        }
    }
}

/// Obeys a line.
pub fn obey_line(line: &str) -> u8 {
    match parse(line) {
        Ok(Some(command)) => obey(command),
        Ok(None) => 0,
        Err(why) => {
            eprintln!("{why}");
            NOT_UNDERSTOOD
        }
    }
}

fn obey(command: Command) -> u8 {
    match command {
        Command::Help => say(HELP),
        Command::Order(order) => show(orders::carry_out(order).into()),
        Command::VirtualFunctions {
            folder,
            number,
            binds,
        } => functions(folder, &number, binds),
        Command::Settle => match hotplug::settle() {
            Ok(()) => 0,
            Err(why) => {
                eprintln!("{why}");
                FAILED
            }
        },
        Command::Counters => show(orders::carry_out(Order::AllPageCounters).into()),
        Command::KernelLog => match KernelLog::open() {
            Ok(log) => show(Outcome::Ok(Answer::Lines(log.take(usize::MAX).0))),
            Err(errno) => {
                eprintln!("/dev/kmsg: {errno}");
                FAILED
            }
        },
        Command::PowerOff => start::ask_for_end(),
    }
}

fn functions(folder: Option<String>, number: &str, binds: bool) -> u8 {
    let folder = match folder.or_else(hotplug::first_physical_function) {
        Some(folder) => folder,
        None => {
            eprintln!("no function has virtual functions");
            return FAILED;
        }
    };
    match hotplug::set_number(&folder, number, binds) {
        Ok(all) => {
            let lines: Vec<String> = all.iter().map(|vf| line_of(vf) + "\n").collect();
            let refused = all.iter().any(|vf| matches!(vf.state, State::Refused(_)));
            say(&lines.concat()).max(u8::from(refused))
        }
        Err(refusal) => {
            eprintln!("{refusal}");
            FAILED
        }
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
        State::Unbound => format!("  vf{number} {address}: its registers are in place, it has no driver"),
        State::Refused(refusal) => format!("  vf{number} {address}: {refusal}"),
    }
}

fn show(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Ok(answer) => say(&answer::text(&answer)),
        Outcome::Error(refusal) => {
            eprintln!("{refusal}");
            FAILED
        }
    }
}

/// Writes text. A reader that has gone away has seen enough.
fn say(text: &str) -> u8 {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    u8::from(written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe))
}
