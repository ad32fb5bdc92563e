//! A guest of the kit at its shell, with the unmodified driver, and its life: some operations, and one of several ends.

use crate::server::Server;
use libtest_mimic::Failed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What the shell says when it waits for a line.
const PROMPT: &[u8] = guest_protocol::SHELL_PROMPT.as_bytes();
/// The function under test, behind the root port.
const FUNCTION: &str = "0000:01:00.0";

/// A boot, or an operation, may take so long on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// VFs that an operation enables, at the most: each gets a driver, and a guest has little memory.
const MOST_VFS: u64 = 6;

/// What guests have done so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    pub(crate) boots: u32,
    pub(crate) loads: u32,
    pub(crate) unloads: u32,
    pub(crate) vfs: u32,
    pub(crate) resets: u32,
    pub(crate) reboots: u32,
    pub(crate) crashes: u32,
    pub(crate) kills: u32,
}

/// See the module's head. It is killed when it is dropped.
pub(crate) struct Guest {
    process: Child,
    lines: ChildStdin,
    console: Receiver<Vec<u8>>,
}

impl Guest {
    pub(crate) fn boot(server: &Server) -> Result<Self, Failed> {
        let mut process = Command::new("sh")
            .arg(server.boot_script())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let lines = process.stdin.take().ok_or("a pipe")?;
        let output = process.stdout.take().ok_or("a pipe")?;
        Ok(Self {
            process,
            lines,
            console: read(output),
        })
    }

    /// One life, to its end.
    pub(crate) fn live(&mut self, dice: &mut ChaCha8Rng, lives: &mut Life) -> Result<(), Failed> {
        self.until_prompt()?;
        lives.boots += 1;
        lives.loads += 1;
        for _ in 0..=dice.next_u64() % 4 {
            self.operate(dice, lives)?;
        }
        match dice.next_u64() % 5 {
            0 => {
                lives.reboots += 1;
                // The machine of the script ends with its kernel; the next one boots as it would.
                writeln!(self.lines, "reboot")?;
                self.until_gone()
            }
            1 => {
                lives.crashes += 1;
                writeln!(self.lines, "echo c > /proc/sysrq-trigger")?;
                self.until(|seen| contains(seen, b"Kernel panic"))
            }
            2 => {
                lives.kills += 1;
                // In the middle of something.
                writeln!(self.lines, "echo 2 > {}", attribute("sriov_numvfs"))?;
                std::thread::sleep(Duration::from_millis(dice.next_u64() % 300));
                Ok(())
            }
            _ => {
                writeln!(self.lines, "poweroff")?;
                self.until_gone()
            }
        }
    }

    fn operate(&mut self, dice: &mut ChaCha8Rng, lives: &mut Life) -> Result<(), Failed> {
        match dice.next_u64() % 4 {
            0 => {
                lives.unloads += 1;
                lives.loads += 1;
                self.say(&format!("unbind {FUNCTION}"))?;
                self.say(&format!("bind mlx5_core {FUNCTION}"))
            }
            1 => {
                lives.vfs += 1;
                let number = 1 + dice.next_u64() % MOST_VFS;
                self.say(&format!("echo {number} > {}", attribute("sriov_numvfs")))?;
                self.say(&format!("echo 0 > {}", attribute("sriov_numvfs")))
            }
            2 => {
                lives.resets += 1;
                lives.unloads += 1;
                lives.loads += 1;
                // Under a bound driver a reset takes the queues away that it waits for: it would not end within minutes.
                self.say(&format!("unbind {FUNCTION}"))?;
                self.say(&format!("echo 1 > {}", attribute("reset")))?;
                self.say(&format!("bind mlx5_core {FUNCTION}"))
            }
            _ => {
                lives.unloads += 1;
                lives.loads += 1;
                self.say(&format!("devlink reload {FUNCTION}"))
            }
        }
    }

    /// Types a line, and waits until it is done. What the kernel answers to it is not judged here.
    fn say(&mut self, line: &str) -> Result<(), Failed> {
        writeln!(self.lines, "{line}")?;
        self.until_prompt()
    }

    fn until_prompt(&mut self) -> Result<(), Failed> {
        self.until(|seen| seen.ends_with(PROMPT))
    }

    fn until(&mut self, is_there: impl Fn(&[u8]) -> bool) -> Result<(), Failed> {
        let until = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while !is_there(&seen) {
            let left = until.saturating_duration_since(Instant::now());
            match self.console.recv_timeout(left) {
                Ok(some) => seen.extend_from_slice(&some),
                Err(RecvTimeoutError::Timeout) => return Err(said("it has gone silent", &seen)),
                Err(RecvTimeoutError::Disconnected) => return Err(said("it has ended", &seen)),
            }
        }
        Ok(())
    }

    fn until_gone(&mut self) -> Result<(), Failed> {
        let until = Instant::now() + PATIENCE;
        while self.process.try_wait()?.is_none() {
            if Instant::now() > until {
                return Err("it does not power off".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn attribute(name: &str) -> String {
    format!("/sys/bus/pci/devices/{FUNCTION}/{name}")
}

fn contains(seen: &[u8], what: &[u8]) -> bool {
    seen.windows(what.len()).any(|window| window == what)
}

fn said(what: &str, seen: &[u8]) -> Failed {
    let text = String::from_utf8_lossy(seen);
    let tail: String = text.chars().rev().take(2_000).collect();
    let tail: String = tail.chars().rev().collect();
    format!("a guest: {what}; its console: {tail}").into()
}

/// What a console says, as it comes.
fn read(mut output: ChildStdout) -> Receiver<Vec<u8>> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut some = [0; 4096];
        while let Ok(read @ 1..) = output.read(&mut some) {
            if tell.send(some[..read].to_vec()).is_err() {
                return;
            }
        }
    });
    told
}
