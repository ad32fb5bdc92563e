//! Channels between programs of the guest and the host.

use super::board::channel;
use std::path::PathBuf;
use std::process::Command;

/// A channel between a program in the guest and a UNIX socket of the host, which QEMU connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtioPort {
    /// What the guest finds it by.
    pub name: &'static str,
    /// The socket.
    pub socket: PathBuf,
}

/// Plugs in a device with these ports, at `place`, as QEMU's options name it.
pub(super) fn plug_in(command: &mut Command, place: &str, ports: &[VirtioPort]) {
    command.args(["-device", &format!("virtio-serial-pci,{place}")]);
    // Port 0 is kept for a console.
    for (port, number) in ports.iter().zip(1..) {
        let VirtioPort { name, socket } = port;
        command.args(["-chardev", &channel(name, socket)]).args([
            "-device",
            &format!("virtserialport,chardev={name},name={name},nr={number}"),
        ]);
    }
}
