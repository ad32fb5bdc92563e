//! Reads and writes of the initialisation segment.

use crate::device_bus::Bus;
use prm::UarIndex;
use prm::init_segment::{
    FIRMWARE_REVISION, HEALTH_COUNTER, HEALTH_FIRMWARE_VERSION, HEALTH_RFR_SEVERITY, HEALTH_SYNDROME,
    INITIALIZING, INTERFACE_REVISION, InitializingWord, InterfaceRevision, QUEUE_ADDRESS_HIGH,
    QUEUE_ADDRESS_LOW, QueueAddressLow,
};
use prm::uar::{EQ_DOORBELL_ARM, EQ_DOORBELL_NO_ARM, EqDoorbell};
use prm::{EqNumber, Iova};

/// A register's offset as the bus takes it. BAR 0 is far smaller than 4 GiB; what lies beyond does not exist and
/// is mapped to the end.
pub(crate) fn offset(register: u64) -> u32 {
    u32::try_from(register).unwrap_or(!3)
}

/// The word that says whether the device is ready, and whether it is an ECPF.
pub(crate) fn initializing(bus: &mut Bus) -> InitializingWord {
    InitializingWord::from_word(bus.read_register(offset(INITIALIZING)))
}

/// Tells firmware that the driver has unloaded for its reset (`mlx5_set_fw_rst_ack`).
pub(crate) fn acknowledge_reset(bus: &mut Bus) {
    let word = InitializingWord::new().with_reset_acknowledged(true);
    bus.write_register(offset(INITIALIZING), word.to_word());
}

/// The revision of the command interface (`cmdif_rev`). Reads the firmware revision too, as it gets printed.
pub(crate) fn interface_revision(bus: &mut Bus) -> u16 {
    let _firmware = bus.read_register(offset(FIRMWARE_REVISION));
    InterfaceRevision::from_word(bus.read_register(offset(INTERFACE_REVISION))).interface_revision()
}

/// The word with the command queue's shape and the interface's state.
pub(crate) fn queue_word(bus: &mut Bus) -> QueueAddressLow {
    QueueAddressLow::from_word(bus.read_register(offset(QUEUE_ADDRESS_LOW)))
}

/// Tells the device where the command queue is (`mlx5_cmd_enable`).
pub(crate) fn write_queue_address(bus: &mut Bus, queue: Iova) {
    let [high, low] = halves(queue.0);
    bus.write_register(offset(QUEUE_ADDRESS_HIGH), high);
    // INVARIANT: the queue is page aligned, so the low 12 bits carry neither a shape nor an interface state.
    bus.write_register(offset(QUEUE_ADDRESS_LOW), low);
}

/// Asks for an interface state without moving the queue (`mlx5_set_nic_state`).
pub(crate) fn write_nic_interface(bus: &mut Bus, interface: u8) {
    let word = queue_word(bus).with_nic_interface(interface & 7);
    bus.write_register(offset(QUEUE_ADDRESS_LOW), word.to_word());
}

/// Firmware's version in the health buffer; all ones from a device that is gone.
pub(crate) fn health_firmware_version(bus: &mut Bus) -> u32 {
    bus.read_register(offset(HEALTH_FIRMWARE_VERSION))
}

/// The byte with the `rfr` bit (bit 7) and the severity.
pub(crate) fn health_severity(bus: &mut Bus) -> u8 {
    bus.read_register_byte(offset(HEALTH_RFR_SEVERITY))
}

/// The health syndrome, 0 if healthy.
pub(crate) fn health_syndrome(bus: &mut Bus) -> u8 {
    bus.read_register_byte(offset(HEALTH_SYNDROME))
}

/// The health counter, which moves as long as firmware runs.
pub(crate) fn health_counter(bus: &mut Bus) -> u32 {
    bus.read_register(offset(HEALTH_COUNTER))
}

/// Moves an event queue's consumer index, and arms the queue if told so (`eq_update_ci`).
pub(crate) fn ring_event_queue(bus: &mut Bus, uar: UarIndex, eq: EqNumber, consumer: u32, arm: bool) {
    let doorbell = if arm { EQ_DOORBELL_ARM } else { EQ_DOORBELL_NO_ARM };
    let value = EqDoorbell::new()
        .with_eq_number(eq.0)
        .with_consumer_index(consumer & 0x00ff_ffff);
    bus.ring(offset(uar.bar_offset() + doorbell), value.to_word());
}

/// Upper and lower half.
fn halves(value: u64) -> [u32; 2] {
    let [b0, b1, b2, b3, b4, b5, b6, b7] = value.to_be_bytes();
    [
        u32::from_be_bytes([b0, b1, b2, b3]),
        u32::from_be_bytes([b4, b5, b6, b7]),
    ]
}
