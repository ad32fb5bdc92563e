//! The registers that say that the device is lost.

use crate::device_bus::Bus;
use crate::handle::Driver;
use crate::registers;
use crate::runtime::{Announcement, Object};
use crate::state::State;
use prm::init_segment::{NIC_INTERFACE_DISABLED, NIC_INTERFACE_SOFTWARE_RESET};

/// The sensor of a device whose registers read all ones.
pub(super) const UNREACHABLE: u8 = 1;

/// The sensor of a device that the host keeps apart after an error.
const CHANNEL_OFFLINE: u8 = 2;

/// The sensor of a syndrome whose severity asks for a reset.
pub(super) const FATAL_SYNDROME: u8 = 5;

/// The first bit of the byte with the severity: the device needs a reset.
const RFR: u8 = 0x80;

/// The first sensor that says the device is lost (`mlx5_health_check_fatal_sensors`).
pub(super) fn fatal_sensor(state: &State, bus: &mut Bus) -> Option<u8> {
    if registers::health_firmware_version(bus) == u32::MAX {
        return Some(UNREACHABLE);
    }
    if state.interface.is_offline() {
        return Some(CHANNEL_OFFLINE);
    }
    match registers::queue_word(bus).nic_interface() {
        NIC_INTERFACE_DISABLED => return Some(3),
        NIC_INTERFACE_SOFTWARE_RESET => return Some(4),
        _ => {}
    }
    let syndrome = registers::health_syndrome(bus);
    (syndrome != 0 && registers::health_severity(bus) & RFR != 0).then_some(FATAL_SYNDROME)
}

/// What a look at the sensors touches.
pub(super) fn sensors(driver: &Driver) -> Announcement {
    [driver.reads(Object::Registers), driver.reads(Object::DeviceState)].into()
}
