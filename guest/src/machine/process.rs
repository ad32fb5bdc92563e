//! QEMU as a child process.

use super::parent::start_child;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{PidfdFlags, pidfd_open};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

/// Why QEMU does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It could not be started.
    #[error("cannot start {program}: {error}")]
    Spawn {
        /// The program.
        program: String,
        /// What the system says.
        error: io::Error,
    },
    /// Its log could not be written.
    #[error("cannot write {}: {error}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// A running QEMU. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pidfd: OwnedFd,
}

impl Process {
    /// Starts QEMU with what it says going into the file `log`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(mut command: Command, log: &Path) -> Result<Self, StartError> {
        let failed = |error| StartError::Log {
            path: log.to_owned(),
            error,
        };
        let out = File::create(log).map_err(failed)?;
        let errors = out.try_clone().map_err(failed)?;
        command.stdin(Stdio::null()).stdout(out).stderr(errors);
        Self::spawn(command)
    }

    /// Starts QEMU on the terminal of this process.
    ///
    /// # Errors
    /// [`StartError::Spawn`].
    pub fn start_on_terminal(command: Command) -> Result<Self, StartError> {
        Self::spawn(command)
    }

    /// Starts QEMU beside the terminal of this process: it reads and writes nothing, and says what is wrong on standard error.
    ///
    /// # Errors
    /// [`StartError::Spawn`].
    pub fn start_apart(mut command: Command) -> Result<Self, StartError> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Self::spawn(command)
    }

    /// Starts QEMU with its standard input and output at the ends of two pipes.
    ///
    /// # Errors
    /// [`StartError::Spawn`].
    pub fn start_on_pipes(mut command: Command) -> Result<(Self, ChildStdin, ChildStdout), StartError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let program = command.get_program().to_string_lossy().into_owned();
        let mut process = Self::spawn(command)?;
        match (process.child.stdin.take(), process.child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok((process, stdin, stdout)),
            _ => Err(StartError::Spawn {
                program,
                error: io::Error::other("it has no pipes"),
            }),
        }
    }

    fn spawn(mut command: Command) -> Result<Self, StartError> {
        tracing::debug!(?command, "starting QEMU");
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = match start_child(move || command.spawn()) {
            Ok(child) => child,
            Err(error) => return Err(StartError::Spawn { program, error }),
        };
        let pid = rustix::process::Pid::from_child(&child);
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self { child, pidfd }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(StartError::Spawn {
                    program,
                    error: error.into(),
                })
            }
        }
    }

    /// Readable once QEMU has ended.
    #[must_use]
    pub fn end_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// How QEMU ended, if it has.
    ///
    /// # Errors
    /// What the system says.
    pub fn status(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// How QEMU ended, if it does so within `at_most`.
    ///
    /// # Errors
    /// What the system says.
    pub fn wait(&mut self, at_most: Duration) -> io::Result<Option<ExitStatus>> {
        let limit = Timespec::try_from(at_most).map_err(io::Error::other)?;
        let mut end = [PollFd::new(&self.pidfd, PollFlags::IN)];
        retry_on_intr(|| poll(&mut end, Some(&limit)))?;
        self.status()
    }

    /// Ends QEMU at once.
    pub fn kill(&mut self) {
        // What has ended already cannot be killed; either way it is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_child_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "echo words; exit 3"]);
        let mut process = Process::start(command, &log).unwrap();
        let status = process.wait(Duration::from_secs(10)).unwrap();
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "words\n");
    }

    #[test]
    fn a_child_that_ends_with_its_parent_survives_the_thread_that_asked_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "sh", "-c", "echo ready; exec sleep 60"]);
        let of_the_log = log.clone();
        let start = move || {
            let process = Process::start(command, &of_the_log).unwrap();
            while std::fs::read_to_string(&of_the_log).unwrap().is_empty() {
                std::thread::yield_now();
            }
            process
        };
        let mut process = std::thread::Builder::new().spawn(start).unwrap().join().unwrap();
        let status = process.wait(Duration::from_millis(300)).unwrap();
        assert_eq!(status, None);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = Process::start(Command::new("/nowhere/qemu"), &folder.path().join("log")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/qemu"), "{error}");
    }
}
