//! QEMU: the kit's, the machine's or one's own; how it is started and whether it can serve.

use super::KitError;
use super::apt::output;
use std::path::{Path, PathBuf};
use std::process::Command;

/// QEMU's version.
pub type Version = (u32, u32, u32);

/// The first version that can plug a function served over a socket.
const OLDEST: Version = (10, 1, 0);

/// The device by which it does.
const DEVICE: &str = "vfio-user-pci";

/// What the machine's own is called.
const PROGRAM: &str = "qemu-system-x86_64";

/// Where things are in the kit's tree.
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// A QEMU.
#[derive(Clone, Debug)]
pub enum Qemu {
    /// Unpacked packages: they bring a C library of their own, so QEMU is started by their loader.
    Unpacked(PathBuf),
    /// The machine's.
    Machine,
    /// The user's.
    Own(PathBuf),
}

impl Qemu {
    /// A command that starts it, with no arguments but those by which it finds its own files.
    #[must_use]
    pub fn command(&self) -> Command {
        match self {
            Self::Unpacked(root) => {
                let libraries = root.join(LIBRARIES);
                let mut command = Command::new(libraries.join("ld-linux-x86-64.so.2"));
                command.arg("--library-path").arg(&libraries);
                command.arg(binary(root));
                for firmware in ["usr/share/qemu", "usr/share/seabios"] {
                    command.arg("-L").arg(root.join(firmware));
                }
                command.env("QEMU_MODULE_DIR", libraries.join("qemu"));
                command
            }
            Self::Machine => Command::new(PROGRAM),
            Self::Own(path) => Command::new(path),
        }
    }

    /// Runs it to see whether it can serve.
    pub fn examine(&self) -> Result<Version, KitError> {
        let ask = |arguments: &[&str]| {
            let mut command = self.command();
            command.args(arguments);
            output(command)
        };
        let text = ask(&["--version"])?;
        let unfit = |lack: String| KitError::Unfit {
            what: format!("{self} {lack}"),
            help: "run `mlx5-cosim setup` without --qemu for one that can".to_owned(),
        };
        let version = version_in(&text).ok_or_else(|| unfit("does not say its version".to_owned()))?;
        if version < OLDEST {
            return Err(unfit(format!("is {}, older than 10.1", shown(version))));
        }
        let devices = ask(&["-M", "q35,accel=tcg", "-device", "help"])?;
        if !devices.contains(&format!("\"{DEVICE}\"")) {
            return Err(unfit(format!("has no device {DEVICE}")));
        }
        Ok(version)
    }
}

impl std::fmt::Display for Qemu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unpacked(_) => f.write_str("the kit's QEMU"),
            Self::Machine => f.write_str("this machine's QEMU"),
            Self::Own(path) => write!(f, "QEMU {}", path.display()),
        }
    }
}

/// The binary in the kit's tree.
#[must_use]
pub fn binary(root: &Path) -> PathBuf {
    root.join("usr/bin").join(PROGRAM)
}

/// Files of the kit's tree without which nothing works.
#[must_use]
pub fn key_files() -> Vec<PathBuf> {
    let libraries = Path::new(LIBRARIES);
    vec![
        binary(Path::new("")),
        libraries.join("ld-linux-x86-64.so.2"),
        libraries.join("libc.so.6"),
        PathBuf::from("usr/share/seabios/bios-256k.bin"),
    ]
}

/// `11.1.3`.
#[must_use]
pub fn shown((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

/// From `QEMU emulator version 11.1.3 (Debian 1:11.1.3+ds-1)`, or from `11.1.3` alone.
#[must_use]
pub fn version_in(text: &str) -> Option<Version> {
    let text = text.split_once("version ").map_or(text, |(_, rest)| rest);
    let word = text.split_whitespace().next()?;
    let mut numbers = word.split('.').map(|number| number.parse().ok());
    Some((
        numbers.next()??,
        numbers.next()??,
        numbers.next().flatten().unwrap_or(0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered() {
        let text = "QEMU emulator version 11.1.3 (Debian 1:11.1.3+ds-1~bpo13+1)\nCopyright (c)";
        assert_eq!(version_in(text), Some((11, 1, 3)));
        assert_eq!(version_in("10.1.0"), Some((10, 1, 0)));
        assert_eq!(version_in("QEMU emulator version 10.1"), Some((10, 1, 0)));
        assert_eq!(version_in("nothing"), None);
        assert!((9, 2, 4) < OLDEST && OLDEST < (10, 10, 0));
        assert_eq!(shown((11, 1, 3)), "11.1.3");
    }

    #[test]
    fn the_kits_own_loader_starts_it() {
        let command = Qemu::Unpacked(PathBuf::from("/kit")).command();
        assert_eq!(
            command.get_program(),
            "/kit/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
        );
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(arguments[2], "/kit/usr/bin/qemu-system-x86_64");
    }

    #[test]
    fn a_program_that_is_no_qemu_is_refused() {
        let error = Qemu::Own(PathBuf::from("/bin/true")).examine().unwrap_err();
        assert!(error.to_string().contains("does not say its version"), "{error}");
    }
}
