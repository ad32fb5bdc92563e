//! The registers that say that the device is lost.

use crate::device_bus::Bus;
use crate::registers;
use prm::init_segment::{NIC_INTERFACE_DISABLED, NIC_INTERFACE_SOFTWARE_RESET};

/// The sensor of a syndrome whose severity asks for a reset.
pub(super) const FATAL_SYNDROME: u8 = 5;

/// The first bit of the byte with the severity: the device needs a reset.
const RFR: u8 = 0x80;

/// The first sensor that says the device is lost (`mlx5_health_check_fatal_sensors`).
pub(super) fn fatal_sensor(bus: &mut Bus) -> Option<u8> {
    if registers::health_firmware_version(bus) == u32::MAX {
        return Some(1);
    }
    match registers::queue_word(bus).nic_interface() {
        NIC_INTERFACE_DISABLED => return Some(3),
        NIC_INTERFACE_SOFTWARE_RESET => return Some(4),
        _ => {}
    }
    let syndrome = registers::health_syndrome(bus);
    (syndrome != 0 && registers::health_severity(bus) & RFR != 0).then_some(FATAL_SYNDROME)
}
