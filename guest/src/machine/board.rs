//! What every guest has, whatever is plugged into it: processor, memory, kernel, serial ports.

use crate::kit::Kit;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

/// QEMU's name of the root port that functions are plugged in behind.
pub(super) const PORT: &str = "mlx5";

/// First QEMU that ends itself when its parent does, asked to.
const EXITS_WITH_PARENT: (u32, u32, u32) = (10, 2, 0);

/// Where the host's kernel offers its processor.
const KVM: &str = "/dev/kvm";

/// Where the guest's first serial port leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Console {
    /// To the terminal that this process runs in, with QEMU's monitor behind Ctrl-A.
    Terminal,
    /// To standard input and output, byte for byte: nothing in them is for QEMU.
    Pipe,
    /// Into a file, which may be a FIFO.
    File(PathBuf),
}

/// What carries out the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accelerator {
    /// QEMU itself.
    Tcg,
    /// The host's processor, by the host's kernel.
    Kvm,
}

impl Accelerator {
    /// The faster one that this machine has.
    ///
    /// A `/dev/kvm` that opens is not enough: where the processor has no virtualisation of its own, what answers there may not know
    /// every instruction of a kernel.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let opens = Self::has_kvm();
        let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self::of(opens, &processor)
    }

    fn of(opens: bool, processor: &str) -> Self {
        let mut flags = processor.lines().filter(|line| line.starts_with("flags"));
        let virtualises = |flags: &str| flags.split_whitespace().any(|flag| matches!(flag, "vmx" | "svm"));
        if opens && flags.next().is_some_and(virtualises) {
            Self::Kvm
        } else {
            Self::Tcg
        }
    }

    /// Whether this machine lets programs use KVM.
    #[must_use]
    pub fn has_kvm() -> bool {
        OpenOptions::new().read(true).write(true).open(KVM).is_ok()
    }

    const fn option(self) -> &'static str {
        match self {
            Self::Tcg => "tcg",
            Self::Kvm => "kvm",
        }
    }

    /// The processor, with all that there is. A string instruction is carried out byte by byte without KVM, so kernel and libraries
    /// are not told that it is fast: they move words then, and a guest takes an eighth less of a processor's time.
    const fn processor(self) -> &'static str {
        match self {
            Self::Tcg => "max,-erms,-fsrm",
            Self::Kvm => "max",
        }
    }
}

/// See the module's head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Board<'a> {
    /// QEMU's name of the board, with properties of its own.
    pub(super) kind: &'a str,
    pub(super) accelerator: Accelerator,
    pub(super) initrd: &'a Path,
    pub(super) append: &'a str,
    pub(super) memory_mib: u32,
    pub(super) console: &'a Console,
    pub(super) agent: Option<&'a Path>,
    /// How many processors it has.
    pub(super) processors: u16,
    /// The file of a third serial port, which is the kernel's console then.
    pub(super) kernel_log: Option<&'a Path>,
}

impl Board<'_> {
    /// The command that starts a guest with nothing plugged in.
    pub(super) fn command(&self, kit: &Kit) -> Command {
        let mut command = kit.qemu();
        // Guest memory is a file that the server can map: with other memory every DMA would be a message.
        let memory = format!("memory-backend-memfd,id=mem,size={}M,share=on", self.memory_mib);
        let board = format!(
            "{},accel={},memory-backend=mem",
            self.kind,
            self.accelerator.option()
        );
        command
            .args(["-M", &board, "-cpu", self.accelerator.processor()])
            .args(["-smp", &self.processors.to_string()])
            .args(["-m", &format!("{}M", self.memory_mib), "-object", &memory])
            .args(["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"])
            .arg("-kernel")
            .arg(kit.kernel())
            .arg("-initrd")
            .arg(self.initrd)
            .args(["-append", &self.kernel_words()]);
        match self.console {
            Console::Terminal => command.args(["-serial", "mon:stdio"]),
            Console::Pipe => command.args(["-serial", "stdio"]),
            Console::File(path) => command.args(["-serial", &format!("file:{}", escaped(path))]),
        };
        if let Some(agent) = self.agent {
            command.args(["-chardev", &channel("agent", agent), "-serial", "chardev:agent"]);
        }
        if let Some(log) = self.kernel_log {
            if self.agent.is_none() {
                command.args(["-serial", "null"]);
            }
            command.args(["-serial", &format!("file:{}", escaped(log))]);
        }
        if kit.qemu_version() >= EXITS_WITH_PARENT {
            command.args(["-run-with", "exit-with-parent=on"]);
        }
        command
    }

    fn kernel_words(&self) -> String {
        // A processor that is emulated on a busy machine may miss the ticks by which a kernel tries its timer out, and it panics then.
        let console = if self.kernel_log.is_some() {
            "ttyS2"
        } else {
            "ttyS0"
        };
        let words = format!("console={console} panic=-1 net.ifnames=0 no_timer_check");
        format!("{words} {}", self.append).trim_end().to_owned()
    }
}

/// The value of QEMU's `-chardev` option for a channel to a UNIX socket that QEMU connects to.
pub(super) fn channel(id: &str, socket: &Path) -> String {
    format!("socket,id={id},path={}", escaped(socket))
}

/// A path as a value in a QEMU option: a comma is doubled.
pub(super) fn escaped(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_paths_survive() {
        assert_eq!(escaped(Path::new("/tmp/a,b")), "/tmp/a,,b");
        assert_eq!(channel("time", Path::new("/a,b")), "socket,id=time,path=/a,,b");
    }

    #[test]
    fn kvm_is_used_where_it_opens_and_the_processor_virtualises() {
        let with = |flags: &str| format!("processor\t: 0\nflags\t\t: fpu {flags} sse\n\nprocessor\t: 1\n");
        for flag in ["vmx", "svm"] {
            assert_eq!(Accelerator::of(true, &with(flag)), Accelerator::Kvm);
            assert_eq!(Accelerator::of(false, &with(flag)), Accelerator::Tcg);
        }
        for none in ["", "vmxx", "svm_lock"] {
            assert_eq!(Accelerator::of(true, &with(none)), Accelerator::Tcg);
        }
        assert_eq!(Accelerator::of(true, ""), Accelerator::Tcg);
    }
}
