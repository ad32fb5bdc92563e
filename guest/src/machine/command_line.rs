//! QEMU's arguments for a machine with served functions plugged in.

use super::board::{Accelerator, Board, Console, PORT};
use super::monitor;
use super::shared_folder::SharedFolder;
use super::virtio_port::{self, VirtioPort};
use crate::kit::Kit;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Device number of the root port on bus 0. It is the only bridge, so the bus behind it is number 1.
const PORT_DEVICE: u8 = 4;
/// Device number of the virtio ports on bus 0.
const PORTS_DEVICE: u8 = 3;
/// The bus behind the root port.
const BUS: u8 = 1;

/// The root port looks after its slot itself. Where ACPI does, QEMU never says that the port's link is active, and a kernel that has
/// reset what is behind the port waits for that in vain.
const NATIVE_HOTPLUG: &str = "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off";

/// The root port's address in the guest, as sysfs names it.
pub const PORT_ADDRESS: &str = "0000:00:04.0";

/// A served PCI function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluggedFunction {
    /// The socket its server listens at.
    pub socket: PathBuf,
    /// Its device and function number on the bus behind the root port, as PCI packs them.
    pub devfn: u8,
}

impl PluggedFunction {
    /// Its address in the guest, as sysfs names it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("0000:{BUS:02x}:{:02x}.{}", self.devfn >> 3, self.devfn & 7)
    }

    /// The value of QEMU's `-device` option.
    ///
    /// Function 0 says that there are others: the guest looks for them only then, and QEMU plugs them in only then.
    #[must_use]
    pub fn device_option(&self, is_multifunction: bool) -> String {
        let Self { socket, devfn } = self;
        let mut option = json!({
            "driver": "vfio-user-pci",
            "socket": { "type": "unix", "path": socket },
            "bus": PORT,
            "addr": format!("{:x}.{}", devfn >> 3, devfn & 7),
        });
        if is_multifunction && devfn & 7 == 0 {
            option["multifunction"] = true.into();
        }
        option.to_string()
    }
}

/// The value of QEMU's `-device` option for the root port that all functions are plugged in behind, before any of them.
///
/// On bus 0 QEMU would make an integrated endpoint of a function and hide its link. `bar_bytes` is the memory space that the BARs
/// of all functions take: a BIOS makes the port's window as large as what it sees, and it sees no VF.
#[must_use]
pub fn root_port_option(bar_bytes: u64) -> String {
    let option = json!({
        "driver": "pcie-root-port",
        "id": PORT,
        "bus": "pcie.0",
        "addr": format!("{PORT_DEVICE:x}.0"),
        "chassis": 1,
        "slot": 1,
        "x-speed": "16",
        "x-width": "16",
        "pref64-reserve": bar_bytes,
    });
    option.to_string()
}

/// What machine to start.
#[derive(Clone, Debug)]
pub struct CommandLine<'a> {
    /// The functions to plug in, at most one for each place.
    pub functions: &'a [PluggedFunction],
    /// Memory space that the BARs of all functions take, in bytes.
    pub bar_bytes: u64,
    /// The initramfs.
    pub initrd: &'a Path,
    /// Words for the kernel's command line, after those every guest needs.
    pub append: &'a str,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// The first serial port.
    pub console: Console,
    /// The UNIX socket that the second serial port connects to.
    pub agent: Option<&'a Path>,
    /// The UNIX socket that QEMU's own orders are taken at ([`Monitor`](super::Monitor)).
    pub monitor: Option<&'a Path>,
    /// What few guests have.
    pub fittings: Fittings<'a>,
}

/// What a guest may have beside a device.
#[derive(Clone, Debug)]
pub struct Fittings<'a> {
    /// How many processors.
    pub processors: u16,
    /// What carries out its instructions; the best there is where nobody says so.
    pub accelerator: Option<Accelerator>,
    /// The file, which may be a FIFO, of a serial port of its own for the kernel's console, apart from the first one.
    pub kernel_log: Option<&'a Path>,
    /// Channels for programs.
    pub ports: &'a [VirtioPort],
    /// Folders of the host.
    pub folders: &'a [SharedFolder],
    /// The port of this machine at which QEMU waits for a debugger.
    pub debugger: Option<u16>,
    /// More of QEMU's arguments, behind all others.
    pub arguments: &'a [String],
}

impl Default for Fittings<'_> {
    fn default() -> Self {
        Self {
            processors: 1,
            accelerator: None,
            kernel_log: None,
            ports: &[],
            folders: &[],
            debugger: None,
            arguments: &[],
        }
    }
}

impl CommandLine<'_> {
    /// The command that starts this machine with the kit's QEMU and kernel, by KVM where this machine has it.
    #[must_use]
    pub fn command(&self, kit: &Kit) -> Command {
        let mut command = self.board().command(kit);
        if let Some(monitor) = self.monitor {
            command.args(monitor::options(monitor));
        }
        if !self.functions.is_empty() {
            command.args(["-global", NATIVE_HOTPLUG]);
            command.args(["-device", &root_port_option(self.bar_bytes)]);
        }
        for function in self.functions {
            command.args(["-device", &function.device_option(self.functions.len() > 1)]);
        }
        self.fittings.plug_in(&mut command);
        command
    }

    fn board(&self) -> Board<'_> {
        Board {
            kind: "q35",
            accelerator: self
                .fittings
                .accelerator
                .unwrap_or_else(Accelerator::of_this_machine),
            initrd: self.initrd,
            append: self.append,
            memory_mib: self.memory_mib,
            console: &self.console,
            agent: self.agent,
            processors: self.fittings.processors,
            kernel_log: self.fittings.kernel_log,
        }
    }
}

impl Fittings<'_> {
    fn plug_in(&self, command: &mut Command) {
        if !self.ports.is_empty() {
            virtio_port::plug_in(
                command,
                &format!("bus=pcie.0,addr={PORTS_DEVICE:x}.0"),
                self.ports,
            );
        }
        for folder in self.folders {
            folder.plug_in(command);
        }
        if let Some(port) = self.debugger {
            // Whoever reaches it commands the guest's memory: nobody from elsewhere.
            command.args(["-gdb", &format!("tcp:127.0.0.1:{port}")]);
        }
        command.args(self.arguments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(devfn: u8) -> PluggedFunction {
        PluggedFunction {
            socket: PathBuf::from("/run/pf.sock"),
            devfn,
        }
    }

    #[test]
    fn the_root_port_is_where_its_address_says() {
        assert_eq!(PORT_ADDRESS, format!("0000:00:{PORT_DEVICE:02x}.0"));
    }

    #[test]
    fn functions_are_on_the_bus_behind_the_root_port_by_their_numbers() {
        assert_eq!(function(0).address(), "0000:01:00.0");
        assert_eq!(function(7).address(), "0000:01:00.7");
        assert_eq!(function(8).address(), "0000:01:01.0");
        assert_eq!(function(255).address(), "0000:01:1f.7");
        assert!(function(254).device_option(true).contains(r#""addr":"1f.6""#));
    }

    #[test]
    fn the_root_port_has_the_functions_link_and_a_window_for_all_of_them() {
        assert_eq!(
            root_port_option(16 << 20),
            r#"{"addr":"4.0","bus":"pcie.0","chassis":1,"driver":"pcie-root-port","id":"mlx5","pref64-reserve":16777216,"slot":1,"x-speed":"16","x-width":"16"}"#
        );
    }

    #[test]
    fn a_function_is_plugged_in_by_its_socket() {
        assert_eq!(
            function(0).device_option(true),
            r#"{"addr":"0.0","bus":"mlx5","driver":"vfio-user-pci","multifunction":true,"socket":{"path":"/run/pf.sock","type":"unix"}}"#
        );
        assert_eq!(
            function(3).device_option(true),
            r#"{"addr":"0.3","bus":"mlx5","driver":"vfio-user-pci","socket":{"path":"/run/pf.sock","type":"unix"}}"#
        );
    }
}
