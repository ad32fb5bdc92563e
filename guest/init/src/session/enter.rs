//! How a program begins: on its terminal, under its root, in its folder. This program does that under a name of its own, and then
//! becomes the other.

use rustix::process::{chroot, ioctl_tiocsctty, setsid};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The name.
pub const NAME: &str = "mlx5-cosim-enter";

/// What is said where a program has the console.
pub const ON_TERMINAL: &str = "terminal";
/// What is said where it has pipes.
pub const ON_PIPES: &str = "pipes";

/// Exit codes of what could not be run and of what is not there, as shells have them.
const NOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Becomes the program of these words: terminal or pipes, root, folder, program, arguments.
pub fn run(words: &[String]) -> u8 {
    let [streams, root, folder, program, arguments @ ..] = words else {
        eprintln!("{NAME}: {ON_TERMINAL} or {ON_PIPES}, root, folder, program");
        return NOT_RUN;
    };
    // A session of its own keeps the signals of a terminal away from the first program.
    let _ = setsid();
    if streams == ON_TERMINAL {
        // Without it only job control is missing.
        let _ = ioctl_tiocsctty(io::stdin());
    }
    if root != "/"
        && let Err(errno) = chroot(root.as_str())
    {
        eprintln!("{NAME}: {root}: {errno}");
        return NOT_RUN;
    }
    if std::env::set_current_dir(folder).is_err() {
        // A folder of the host's that the guest does not have.
        let _ = std::env::set_current_dir("/");
    }
    let error = Command::new(program).args(arguments).exec();
    if error.kind() == io::ErrorKind::NotFound {
        eprintln!("{program}: not found");
        NOT_FOUND
    } else {
        eprintln!("{program}: {error}");
        NOT_RUN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_run_has_the_exit_codes_of_shells() {
        let words = |program: &str| [ON_PIPES, "/", "/nowhere", program].map(str::to_owned);
        assert_eq!(run(&words("/no/such/program")), NOT_FOUND);
        assert_eq!(run(&words("/proc/version")), NOT_RUN);
        assert_eq!(run(&[]), NOT_RUN);
    }
}
