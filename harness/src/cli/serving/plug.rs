//! How served functions are plugged into QEMU.

use crate::cli::backend::quoted;
use crate::cli::streams;
use device_server::{DeviceServer, Layout, Slot};
use guest::machine::{PluggedFunction, root_port_option};

/// The functions of a device, as QEMU's arguments name them.
pub(in crate::cli) fn functions(slots: &[Slot]) -> Vec<PluggedFunction> {
    let plugged = slots.iter().map(|slot| PluggedFunction {
        socket: slot.socket.clone(),
        devfn: slot.devfn,
    });
    plugged.collect()
}

/// Tells what is served on stderr, and on stdout with which arguments QEMU takes it, ready to be pasted. Functions of the flat
/// layout are plugged in as their host likes, and which of them the device has may change: only the sockets are told, one to a line.
pub(super) fn announce(device: &DeviceServer) {
    if let Layout::Flat { .. } = device.layout() {
        for socket in device.sockets() {
            streams::out(format_args!("{}\n", socket.display()));
        }
        return;
    }
    let (silicon, slots) = (device.silicon(), device.slots());
    for slot in &slots {
        let vhca_id = silicon.vhca_id_of(slot.function).unwrap_or_default();
        tracing::info!(
            "{} (vhca_id {vhca_id}) is served at {}",
            slot.function,
            slot.socket.display()
        );
    }
    tracing::info!(
        "QEMU 10.1 or later plugs the device in with these arguments (guest memory has to be shared):"
    );
    streams::out(arguments(&functions(&slots), device.bar_bytes()));
}

/// Arguments of QEMU, one to a line, as a shell takes them behind its name and a backslash.
fn arguments(functions: &[PluggedFunction], bar_bytes: u64) -> String {
    let memory = "-m 512M -M q35,memory-backend=mem -object memory-backend-memfd,id=mem,size=512M,share=on";
    let root_port = quoted(&root_port_option(bar_bytes));
    let mut lines = vec![format!("  {memory}"), format!("  -device {root_port}")];
    for plugged in functions {
        let option = plugged.device_option(functions.len() > 1);
        lines.push(format!("  -device {}", quoted(&option)));
    }
    lines.join(" \\\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_can_be_pasted_into_a_shell() {
        let function = |name: &str, devfn| PluggedFunction {
            socket: format!("/run/my sockets/{name}.sock").into(),
            devfn,
        };
        let pasted = arguments(&[function("pf", 0), function("vf1", 1)], 8 << 20);
        let script = format!("printf '%s\\n' \\\n{pasted}");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        let words: Vec<&str> = words.lines().collect();
        assert_eq!(words[..2], ["-m", "512M"]);
        assert_eq!(words[6], "-device");
        assert_eq!(words[7], root_port_option(8 << 20));
        assert_eq!(words[9], function("pf", 0).device_option(true));
        assert_eq!(words.len(), 12);
    }
}
