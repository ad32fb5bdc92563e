//! The header of type 0: identity, command register, BARs.

use super::bar::Bar;
use super::space::Space;

/// Mellanox Technologies.
const VENDOR: u16 = 0x15b3;
/// The board. Nothing looks at it.
const SUBSYSTEM: u16 = 0x0008;
/// Ethernet controller.
const CLASS: [u8; 3] = [0x00, 0x00, 0x02];
/// Bytes of BAR 0: the register window of the function.
pub const BAR0_SIZE: u64 = 4 << 20;

const COMMAND: usize = 0x04;
const COMMAND_MEMORY_SPACE: u16 = 1 << 1;
const COMMAND_BUS_MASTER: u16 = 1 << 2;
/// Memory space, bus master, parity error response, SERR#, interrupt disable. There is no I/O space.
const COMMAND_WRITABLE: u16 = 0x0546;
const STATUS: usize = 0x06;
const STATUS_CAPABILITIES: u16 = 1 << 4;
const CLASS_CODE: usize = 0x09;
const CACHE_LINE_SIZE: usize = 0x0c;
const BAR0: usize = 0x10;
const BAR2: usize = 0x18;
const SUBSYSTEM_VENDOR: usize = 0x2c;
const SUBSYSTEM_ID: usize = 0x2e;
const CAPABILITIES: usize = 0x34;
const INTERRUPT_LINE: usize = 0x3c;
/// The interrupt pin; 0 says that there is no INTx.
pub(super) const INTERRUPT_PIN: usize = 0x3d;

/// Fills in the header. The capabilities begin at `capabilities`; BAR 2 has `bar2` bytes, if there is one.
pub(super) fn place(space: &mut Space, device: u16, bar2: Option<u64>, capabilities: u8) {
    space.set(0, VENDOR.to_le_bytes());
    space.set(2, device.to_le_bytes());
    space.allow(COMMAND, COMMAND_WRITABLE.to_le_bytes());
    space.set(STATUS, STATUS_CAPABILITIES.to_le_bytes());
    space.set(CLASS_CODE, CLASS);
    space.allow(CACHE_LINE_SIZE, [0xff]);
    space.memory_bar(BAR0, BAR0_SIZE);
    if let Some(size) = bar2 {
        space.memory_bar(BAR2, size);
    }
    space.set(SUBSYSTEM_VENDOR, VENDOR.to_le_bytes());
    space.set(SUBSYSTEM_ID, SUBSYSTEM.to_le_bytes());
    space.set(CAPABILITIES, [capabilities]);
    space.allow(INTERRUPT_LINE, [0xff]);
    space.set(INTERRUPT_PIN, [0]);
}

/// Whether the function may access memory by itself; MSI-X is such an access.
pub(super) fn bus_master(space: &Space) -> bool {
    space.word(COMMAND) & COMMAND_BUS_MASTER != 0
}

/// Whether the function's BARs answer in memory space.
pub(super) fn memory_space(space: &Space) -> bool {
    space.word(COMMAND) & COMMAND_MEMORY_SPACE != 0
}

/// Where a BAR begins.
pub(super) fn bar_address(space: &Space, bar: Bar) -> u64 {
    space.address(match bar {
        Bar::Own => BAR0,
        Bar::Scalable => BAR2,
    })
}
