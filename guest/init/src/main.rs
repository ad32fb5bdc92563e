//! The first program of the guest, from the kernel's start to its end, and the commands that a person finds there.
//!
//! On the kernel command line, `mlx5cosim.shell` or `mlx5cosim.session` makes it insert the image's modules and run a person's
//! program: a shell on the console, or what is asked for at the port of a session. Otherwise it serves orders on the second serial
//! port, and with `mlx5cosim.orders` it does that beside a program. As no first program it is one of the commands.
//!
//! * [`start`] - mounts, the panic hook, the end
//! * [`command_line`] - the kernel's
//! * [`agent`] - the harness's side: [`port`], a thread of the [`crew`] for each order
//! * [`session`] - the person's side: a program, its streams, its folders
//! * [`applet`] - what this program does under the name of a command
//! * [`shell`] - the same orders as lines of words
//! * [`hotplug`] - VFs that appear
//! * [`orders`] - how each is carried out
//! * [`next_kernel`] - another kernel takes the machine over
//! * [`kernel_log`] - the kernel's log, and which of its lines are passed on at once

mod agent;
mod applet;
mod command_line;
mod crew;
mod hotplug;
mod kernel_log;
mod next_kernel;
mod orders;
mod port;
mod session;
mod shell;
mod start;

use agent::Place;
use guest_protocol::{ORDERS_WORD, SESSION_WORD, SHELL_WORD};
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::process::id() != 1 {
        return applet::run(std::env::args());
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
    let has = |word| command_line::has_word(&line, word);
    if !has(SHELL_WORD) && !has(SESSION_WORD) {
        return agent::run(Place::Alone);
    }
    let refused = session::begin(&line)?;
    if has(ORDERS_WORD) {
        // The person is served whatever becomes of the port.
        agent::start_beside_shell();
    }
    session::run(has(SESSION_WORD), refused)
}
