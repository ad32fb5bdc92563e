//! How served functions are plugged into QEMU.

use crate::cli::backend::quoted;
use device_server::{DeviceServer, Slot};
use guest::machine::PluggedFunction;

/// The functions of a device, as QEMU's arguments name them.
pub(in crate::cli) fn functions(slots: &[Slot]) -> Vec<PluggedFunction> {
    let plugged = slots.iter().map(|slot| PluggedFunction {
        socket: slot.socket.clone(),
        devfn: slot.devfn,
    });
    plugged.collect()
}

/// Tells what is served, and with which arguments QEMU takes it.
pub(super) fn announce(device: &DeviceServer) {
    let (silicon, slots) = (device.silicon(), device.slots());
    let memory = "-M q35,memory-backend=mem -object memory-backend-memfd,id=mem,size=512M,share=on";
    tracing::info!(
        "QEMU 10.1 or later plugs the device in with these arguments (guest memory has to be shared):"
    );
    tracing::info!("  -m 512M {memory}");
    for plugged in functions(&slots) {
        tracing::info!("  -device {}", quoted(&plugged.device_option(slots.len() > 1)));
    }
    for slot in &slots {
        let vhca_id = silicon.vhca_id_of(slot.function).unwrap_or_default();
        tracing::info!(
            "{} (vhca_id {vhca_id}) is served at {}",
            slot.function,
            slot.socket.display()
        );
    }
}
