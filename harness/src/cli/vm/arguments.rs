//! The arguments of `vm`.

use crate::cli::kit_arguments::KitArguments;
use crate::cli::serving::MemoryArguments;
use crate::cli::serving::device::DeviceChoice;
use clap::{Args, ValueEnum};
use guest::machine::Accelerator;
use std::path::PathBuf;
use std::str::FromStr;

/// Least memory that a distribution's kernel and the image need, in MiB.
const LEAST_MEMORY: u32 = 128;

/// Where debuggers usually find QEMU.
const USUAL_DEBUGGER: &str = "1234";

/// What ends QEMU's arguments, where a command follows.
const SEPARATOR: &str = "--";

/// Which guest to boot, with which device.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct VmArguments {
    #[command(flatten)]
    pub(super) device: DeviceChoice,
    #[command(flatten)]
    pub(super) kit: KitArguments,
    /// Run this in the guest, word by word, and end as it ends: `vm -- counters`.
    #[arg(last = true, value_name = "CMD", conflicts_with_all = ["exec", "initrd"])]
    command: Vec<String>,
    /// Run this text by the guest's shell, and end as it ends.
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "initrd",
        allow_hyphen_values = true
    )]
    pub(super) exec: Option<String>,
    /// Boot this initramfs instead of the one that loads mlx5_core and offers a shell.
    #[arg(long, value_name = "FILE")]
    pub(super) initrd: Option<PathBuf>,
    /// More words for the kernel's command line.
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
    pub(super) append: String,
    /// The guest's memory, as 512M or 2G; a number alone is in MiB.
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = mebibytes)]
    pub(super) memory: u32,
    /// The guest's processors.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=255))]
    pub(super) cpus: u16,
    /// What carries out the guest's instructions.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Acceleration::Auto)]
    accel: Acceleration,
    /// Have this folder in the guest, under the same path or at PLACE, to be read; with `:rw` behind it, to be written too.
    #[arg(long, value_name = "DIR[=PLACE][:rw]", conflicts_with = "initrd")]
    pub(super) share: Vec<SharedPlace>,
    /// Have `host`, this machine's own files, or those in a folder, for the root of the file system. What the guest writes is lost.
    #[arg(long, value_name = "host|DIR", conflicts_with = "initrd")]
    pub(super) rootfs: Option<RootChoice>,
    /// Write what the kernel says into this file, and not on the terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "initrd")]
    pub(super) dmesg: Option<PathBuf>,
    /// Let a debugger attach, at this port of this machine.
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = USUAL_DEBUGGER)]
    pub(super) gdb: Option<u16>,
    /// Listen here for orders as JSON lines (docs/control.md).
    #[arg(long, value_name = "PATH")]
    pub(super) control: Option<PathBuf>,
    /// Write the command stream into this file, one JSON object per line, as commands end.
    #[arg(long, value_name = "FILE")]
    pub(super) commands: Option<PathBuf>,
    #[command(flatten)]
    pub(super) memory_files: MemoryArguments,
    /// All that follows goes to QEMU, up to `--` and a command.
    #[arg(long, value_name = "ARG", num_args = 0.., allow_hyphen_values = true)]
    qemu_args: Vec<String>,
}

/// What carries out a guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Acceleration {
    /// KVM where this machine has it, else QEMU itself.
    Auto,
    /// This machine's processor, by KVM.
    Kvm,
    /// QEMU itself, which is slower by far.
    Tcg,
}

impl VmArguments {
    /// The command, where there is one.
    pub(super) fn command(&self) -> Option<&[String]> {
        let words = match self.qemu_args.iter().position(|word| word == SEPARATOR) {
            Some(end) => &self.qemu_args[end + 1..],
            None => &self.command,
        };
        (!words.is_empty()).then_some(words)
    }

    /// The arguments for QEMU.
    pub(super) fn qemu_arguments(&self) -> &[String] {
        let end = self.qemu_args.iter().position(|word| word == SEPARATOR);
        &self.qemu_args[..end.unwrap_or(self.qemu_args.len())]
    }

    /// What carries out the guest's instructions, where the user has chosen.
    pub(super) const fn accelerator(&self) -> Option<Accelerator> {
        match self.accel {
            Acceleration::Auto => None,
            Acceleration::Kvm => Some(Accelerator::Kvm),
            Acceleration::Tcg => Some(Accelerator::Tcg),
        }
    }
}

/// A folder of this machine, and where the guest has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SharedPlace {
    /// Here.
    pub(super) path: PathBuf,
    /// There; none where it is the same path.
    pub(super) place: Option<String>,
    /// Whether it may be written to.
    pub(super) is_writable: bool,
}

impl FromStr for SharedPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, is_writable) = match text.strip_suffix(":rw") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (path, place) = match rest.rsplit_once('=') {
            Some((path, place)) => (path, Some(place)),
            None => (rest, None),
        };
        if path.is_empty() {
            return Err("name a folder, as DIR or DIR=PLACE".to_owned());
        }
        if let Some(place) = place
            && (!place.starts_with('/') || place == "/" || place.split('/').any(|part| part == ".."))
        {
            return Err(format!(
                "{place:?} is no place in the guest; write it as /mnt/folder"
            ));
        }
        Ok(Self {
            path: path.into(),
            place: place.map(|place| place.trim_end_matches('/').to_owned()),
            is_writable,
        })
    }
}

/// What a guest has for the root of its file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RootChoice {
    /// This machine's.
    Host,
    /// What is in this folder.
    Folder(PathBuf),
}

impl FromStr for RootChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("name a folder, or write host".to_owned()),
            "host" | "/" => Ok(Self::Host),
            folder => Ok(Self::Folder(folder.into())),
        }
    }
}

/// A size as `512M`, `2G` or `512`, in MiB.
fn mebibytes(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no size of memory; write it as 512M or 2G");
    let (number, unit) = match text.as_bytes().last() {
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 1024),
        _ => (text, 1),
    };
    let size = number
        .parse::<u32>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(wrong)?;
    if size < LEAST_MEMORY {
        return Err(format!("a guest needs at least {LEAST_MEMORY}M"));
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        vm: VmArguments,
    }

    fn parsed(words: &[&str]) -> Result<VmArguments, clap::Error> {
        let words = ["vm"].iter().chain(words);
        Line::try_parse_from(words).map(|line| line.vm)
    }

    #[test]
    fn memory_is_read_with_its_unit() {
        assert_eq!(mebibytes("512M"), Ok(512));
        assert_eq!(mebibytes("2G"), Ok(2048));
        assert_eq!(mebibytes("1024"), Ok(1024));
        for wrong in ["M", "-1G", "4194304G", "64M", "", "é"] {
            assert!(mebibytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_command_is_taken_word_by_word() {
        let command = |words: &[&str]| parsed(words).unwrap().command().map(<[String]>::to_vec);
        assert_eq!(command(&[]), None);
        let words = ["sh", "-c", "echo \"a  b\" | wc", "--help"].map(str::to_owned);
        let line: Vec<&str> = ["--"]
            .into_iter()
            .chain(words.iter().map(String::as_str))
            .collect();
        assert_eq!(command(&line), Some(words.to_vec()));
        assert!(parsed(&["counters"]).is_err());
        assert!(parsed(&["--exec", "counters", "--", "counters"]).is_err());
        assert!(parsed(&["--initrd", "i", "--", "counters"]).is_err());
        assert_eq!(parsed(&["--exec", "-x"]).unwrap().exec.as_deref(), Some("-x"));
    }

    #[test]
    fn what_follows_goes_to_qemu_up_to_a_command() {
        let line = ["--cpus", "2", "--qemu-args", "-device", "edu", "--cpus"];
        let arguments = parsed(&line).unwrap();
        assert_eq!(arguments.qemu_arguments(), ["-device", "edu", "--cpus"]);
        assert_eq!((arguments.cpus, arguments.command()), (2, None));
        let arguments = parsed(&["--qemu-args", "-s", "--", "ls", "--", "-l"]).unwrap();
        assert_eq!(arguments.qemu_arguments(), ["-s"]);
        assert_eq!(arguments.command().unwrap(), ["ls", "--", "-l"]);
    }

    #[test]
    fn a_debugger_has_its_usual_port_or_another() {
        assert_eq!(parsed(&[]).unwrap().gdb, None);
        assert_eq!(parsed(&["--gdb"]).unwrap().gdb, Some(1234));
        let arguments = parsed(&["--gdb", "9000", "--", "true"]).unwrap();
        assert_eq!(
            (arguments.gdb, arguments.command().unwrap().len()),
            (Some(9000), 1)
        );
        assert!(parsed(&["--cpus", "0"]).is_err());
        assert_eq!(
            parsed(&["--accel", "tcg"]).unwrap().accelerator(),
            Some(Accelerator::Tcg)
        );
    }

    #[test]
    fn a_shared_folder_has_a_place_and_is_for_reading() {
        let share = |text: &str| text.parse::<SharedPlace>();
        let expected = |path: &str, place: Option<&str>, is_writable| {
            Ok(SharedPlace {
                path: path.into(),
                place: place.map(str::to_owned),
                is_writable,
            })
        };
        assert_eq!(share("scripts"), expected("scripts", None, false));
        assert_eq!(share("a=b=/mnt/"), expected("a=b", Some("/mnt"), false));
        assert_eq!(share("out=/out:rw"), expected("out", Some("/out"), true));
        assert_eq!(share(".:rw"), expected(".", None, true));
        for wrong in ["", "=/mnt", "a=mnt", "a=/", "a=/x/../y", ":rw"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_root_is_the_hosts_or_a_folder() {
        assert_eq!("host".parse(), Ok(RootChoice::Host));
        assert_eq!("/".parse(), Ok(RootChoice::Host));
        assert_eq!("./host".parse(), Ok(RootChoice::Folder("./host".into())));
        assert!("".parse::<RootChoice>().is_err());
    }
}
