//! QEMU's arguments for a machine on which a program drives the functions itself, through VFIO.
//!
//! Every function stands behind an IOMMU and on a slot of its own, so that the IOMMU can tell each from every other. Programs of
//! the guest talk to the host over virtio ports: a line there and back takes a third of a millisecond, over a serial port it
//! takes seventeen.

use super::board::{Accelerator, Board, Console};
use super::virtio_port::{VirtioPort, plug_in};
use crate::kit::Kit;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The bus that everything is plugged into.
const BUS: &str = "pcie.0";
/// Slot of the virtio ports.
const PORTS_SLOT: u8 = 3;
/// Slot of the device's main function. The board itself has the first slots and the last.
const FIRST_SLOT: u8 = 4;
/// How many functions there is room for: up to the slot before the board's last.
pub const MOST_FUNCTIONS: usize = 27;

/// What the kernel has to be told.
const KERNEL_WORDS: &str = "intel_iommu=on";

/// What machine to start.
#[derive(Clone, Debug)]
pub struct DriverMachine<'a> {
    /// The sockets of the functions by their places, at most [`MOST_FUNCTIONS`].
    pub functions: &'a [PathBuf],
    /// Channels for programs.
    pub ports: &'a [VirtioPort],
    /// What carries out its instructions.
    pub accelerator: Accelerator,
    /// The initramfs.
    pub initrd: &'a Path,
    /// Words for the kernel's command line, after those it needs.
    pub append: &'a str,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// The first serial port.
    pub console: Console,
    /// The UNIX socket that the second serial port connects to.
    pub agent: Option<&'a Path>,
}

/// The address in the guest, as sysfs names it, of the function at a place.
#[must_use]
pub fn address(place: u8) -> String {
    format!("0000:00:{:02x}.0", FIRST_SLOT + place)
}

impl DriverMachine<'_> {
    /// The command that starts this machine with the kit's QEMU and kernel.
    #[must_use]
    pub fn command(&self, kit: &Kit) -> Command {
        let append = format!("{KERNEL_WORDS} {}", self.append);
        let board = Board {
            // An IOMMU that remaps interrupts needs the interrupt controller that routes them to be QEMU's.
            kind: "q35,kernel-irqchip=split",
            accelerator: self.accelerator,
            initrd: self.initrd,
            append: append.trim_end(),
            memory_mib: self.memory_mib,
            console: &self.console,
            agent: self.agent,
            processors: 1,
            kernel_log: None,
        };
        let mut command = board.command(kit);
        self.plug_in(&mut command);
        command
    }

    fn plug_in(&self, command: &mut Command) {
        // With caching mode the guest tells of every map, and QEMU tells the functions.
        command.args(["-device", "intel-iommu,intremap=on,caching-mode=on"]);
        if !self.ports.is_empty() {
            plug_in(command, &format!("bus={BUS},addr={PORTS_SLOT:x}.0"), self.ports);
        }
        for (socket, slot) in self.functions.iter().zip(FIRST_SLOT..) {
            let option = json!({
                "driver": "vfio-user-pci",
                "socket": { "type": "unix", "path": socket },
                "bus": BUS,
                "addr": format!("{slot:x}.0"),
            });
            command.args(["-device", &option.to_string()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugged(functions: &[PathBuf], ports: &[VirtioPort]) -> Vec<String> {
        let machine = DriverMachine {
            functions,
            ports,
            accelerator: Accelerator::Tcg,
            initrd: Path::new("/initrd"),
            append: "",
            memory_mib: 512,
            console: Console::Pipe,
            agent: None,
        };
        let mut command = Command::new("qemu");
        machine.plug_in(&mut command);
        let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
        words.collect()
    }

    #[test]
    fn each_function_has_a_slot_of_its_own_behind_the_iommu() {
        let words = plugged(&["/run/f0.sock".into(), "/run/f1.sock".into()], &[]);
        assert_eq!(words[..2], ["-device", "intel-iommu,intremap=on,caching-mode=on"]);
        let second = r#"{"addr":"5.0","bus":"pcie.0","driver":"vfio-user-pci","socket":{"path":"/run/f1.sock","type":"unix"}}"#;
        assert_eq!(words[4..], ["-device", second]);
        assert_eq!(
            [address(0), address(1), address(26)],
            ["0000:00:04.0", "0000:00:05.0", "0000:00:1e.0"]
        );
        assert_eq!(MOST_FUNCTIONS, usize::from(0x1f - FIRST_SLOT));
    }

    #[test]
    fn ports_have_names_and_numbers_from_one_on() {
        let port = |name, socket: &str| VirtioPort {
            name,
            socket: socket.into(),
        };
        let words = plugged(&[], &[port("orders", "/run/o,1"), port("time", "/run/t")]);
        let expected = [
            "virtio-serial-pci,bus=pcie.0,addr=3.0",
            "-chardev",
            "socket,id=orders,path=/run/o,,1",
            "-device",
            "virtserialport,chardev=orders,name=orders,nr=1",
            "-chardev",
            "socket,id=time,path=/run/t",
            "-device",
            "virtserialport,chardev=time,name=time,nr=2",
        ];
        assert_eq!(words[3..], expected);
    }
}
