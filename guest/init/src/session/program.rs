//! Which program an errand means, and what it is told.

use super::enter;
use super::surroundings::{COMMANDS_FOLDER, INIT, POWER_FOLDER};
use guest_protocol::{BUSYBOX, Program, Terminal};
use rustix::process::Pid;
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

/// The person's terminal: the first serial port, also where the kernel has its console elsewhere.
const TERMINAL: &str = "/dev/ttyS0";

/// The kind of a terminal where nobody tells.
const USUAL_TERMINAL: &str = "vt102";

/// Where a program begins where nobody says so.
const HOME: &str = "/root";

/// Where a distribution has its programs.
const PROGRAM_FOLDERS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The streams of a program; a program on the terminal has none.
#[derive(Debug, Default)]
pub struct Pipes {
    /// What it reads.
    pub input: Option<ChildStdin>,
    /// What it writes.
    pub output: Option<ChildStdout>,
    /// What it writes of errors.
    pub errors: Option<ChildStderr>,
}

/// Starts the program under the root, in the folder.
///
/// # Errors
/// It cannot be started.
pub fn start(program: &Program, root: &str, folder: Option<&str>) -> Result<(Pid, Pipes), String> {
    let is_image = root == "/";
    let streams = match program {
        Program::Terminal(_) => enter::ON_TERMINAL,
        Program::Input | Program::Script(_) | Program::Words(_) => enter::ON_PIPES,
    };
    let mut command = Command::new(INIT);
    std::os::unix::process::CommandExt::arg0(&mut command, enter::NAME);
    command.args([streams, root, folder.unwrap_or(HOME)]);
    command.args(words(program, &Shell::of(root)));
    command.env_clear();
    command
        .env("PATH", path(is_image))
        .env("HOME", HOME)
        .env("USER", "root");
    command.env("LANG", "C.UTF-8");
    if let Program::Terminal(terminal) = program {
        let tty = tty(terminal).map_err(|error| format!("{TERMINAL}: {error}"))?;
        let clone = || tty.try_clone().map_err(|error| format!("{TERMINAL}: {error}"));
        let kind = if terminal.kind.is_empty() {
            USUAL_TERMINAL
        } else {
            &terminal.kind
        };
        command
            .env("TERM", kind)
            .stdin(clone()?)
            .stdout(clone()?)
            .stderr(clone()?);
    } else {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }
    let mut child = command
        .spawn()
        .map_err(|error| format!("start a program: {error}"))?;
    let pipes = Pipes {
        input: child.stdin.take(),
        output: child.stdout.take(),
        errors: child.stderr.take(),
    };
    Ok((Pid::from_child(&child), pipes))
}

/// Where programs are looked for. Under the image's root the guest's own come first. Under another they come last, but for those that
/// end the guest.
fn path(is_image: bool) -> String {
    if is_image {
        format!("{COMMANDS_FOLDER}:{PROGRAM_FOLDERS}")
    } else {
        format!("{POWER_FOLDER}:{PROGRAM_FOLDERS}:{COMMANDS_FOLDER}")
    }
}

fn tty(terminal: &Terminal) -> std::io::Result<File> {
    let tty = OpenOptions::new().read(true).write(true).open(TERMINAL)?;
    if terminal.rows > 0 && terminal.columns > 0 {
        let size = Winsize {
            ws_row: terminal.rows,
            ws_col: terminal.columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&tty, size)?;
    }
    Ok(tty)
}

/// The shell that there is under a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shell {
    /// Busybox.
    Busybox,
    /// The distribution's, under another root; for a person its bash.
    Bash,
    /// The distribution's, which has no bash.
    Posix,
    /// This program.
    Own,
}

impl Shell {
    fn of(root: &str) -> Self {
        let has = |path: &str| Path::new(root).join(path.trim_start_matches('/')).exists();
        match root {
            "/" if has(BUSYBOX) => Self::Busybox,
            "/" => Self::Own,
            _ if has("/bin/bash") => Self::Bash,
            _ => Self::Posix,
        }
    }

    /// The words that begin it, for a person or not.
    const fn words(self, is_for_person: bool) -> &'static [&'static str] {
        match self {
            // As a login shell it reads `/etc/profile`, where the guest's own commands are told to it.
            Self::Busybox => &[BUSYBOX, "sh", "-l"],
            Self::Bash if is_for_person => &["/bin/bash", "-i"],
            Self::Bash | Self::Posix => &["/bin/sh"],
            Self::Own => &["sh"],
        }
    }
}

/// The words of a program and its arguments.
fn words(program: &Program, shell: &Shell) -> Vec<String> {
    let of_shell = |is_for_person, more: &[&str]| {
        let words = shell.words(is_for_person).iter().chain(more);
        words.map(|word| (*word).to_owned()).collect()
    };
    match program {
        Program::Terminal(_) => of_shell(true, &[]),
        Program::Input => of_shell(false, &["-s"]),
        Program::Script(text) => of_shell(false, &["-c", text]),
        Program::Words(words) => words.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_the_shells_and_words_are_left_as_they_are() {
        let script = Program::Script("counters | wc -l".to_owned());
        assert_eq!(
            words(&script, &Shell::Busybox),
            [BUSYBOX, "sh", "-l", "-c", "counters | wc -l"]
        );
        assert_eq!(words(&script, &Shell::Own)[..2], ["sh", "-c"]);
        assert_eq!(words(&Program::Input, &Shell::Bash), ["/bin/sh", "-s"]);
        let plain = vec!["echo".to_owned(), "a  b".to_owned()];
        assert_eq!(words(&Program::Words(plain.clone()), &Shell::Own), plain);
        let terminal = Program::Terminal(Terminal::default());
        assert_eq!(words(&terminal, &Shell::Bash), ["/bin/bash", "-i"]);
    }

    #[test]
    fn under_another_root_its_own_programs_come_first_but_for_the_end() {
        assert!(path(true).starts_with("/run/mlx5-cosim/bin:"));
        assert!(path(false).starts_with("/run/mlx5-cosim/power:/usr/local/sbin:"));
        assert!(path(false).ends_with(":/run/mlx5-cosim/bin"));
    }
}
