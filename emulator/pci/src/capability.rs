//! The capabilities in the first 256 bytes: power management, MSI-X, PCI Express, the vendor's.

use super::role::Role;
use super::space::Space;
use super::vpd;
use emulator::config::Identity;

/// Number of MSI-X vectors.
pub const MSIX_VECTORS: u16 = 16;
/// Where the MSI-X table lies in BAR 0, in bytes.
pub const MSIX_TABLE: u64 = 0x30_0000;
/// Bytes of the MSI-X table: 16 for each vector.
pub const MSIX_TABLE_LENGTH: u64 = MSIX_VECTORS as u64 * 16;
/// Where the MSI-X pending bits lie in BAR 0, in bytes.
pub const MSIX_PENDING: u64 = 0x31_0000;
/// Bytes of the MSI-X pending bits: one for each vector, in units of 64.
pub const MSIX_PENDING_LENGTH: u64 = 8;

/// What Message Control in configuration space says of all vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MsixControl {
    /// MSI-X is off: there are no messages.
    Off,
    /// It is on, and all vectors are masked.
    Masked,
    /// It is on.
    On,
}

/// The first capability.
pub(super) const FIRST: u8 = POWER_MANAGEMENT;

const POWER_MANAGEMENT: u8 = 0x40;
const MSIX: u8 = 0x48;
const PCI_EXPRESS: u8 = 0x60;
const VENDOR_SPECIFIC: u8 = 0xa0;

const ID_POWER_MANAGEMENT: u8 = 0x01;
const ID_VENDOR_SPECIFIC: u8 = 0x09;
const ID_PCI_EXPRESS: u8 = 0x10;
const ID_MSIX: u8 = 0x11;

/// Bytes of the vendor specific capability, as its third byte says.
const VENDOR_SPECIFIC_LENGTH: u8 = 0x18;

const POWER_CONTROL: usize = POWER_MANAGEMENT as usize + 4;
const POWER_STATE: u16 = 0b11;
const POWER_D0: u16 = 0;
const POWER_D3HOT: u16 = 3;

const DEVICE_CONTROL: usize = PCI_EXPRESS as usize + 8;
/// "Initiate Function Level Reset" in the upper byte of Device Control; it reads as 0.
const INITIATE_RESET: u8 = 0x80;

/// Speed of the link as its registers number it: 16 GT/s (Base Specification, "Link Capabilities Register").
const LINK_SPEED: u16 = 4;
/// Lanes of the link.
const LINK_WIDTH: u16 = 16;

/// Fills in the capabilities. Only a PF has the vendor's and product data.
pub(super) fn place(space: &mut Space, role: Role, identity: Identity) {
    let vendor_specific = role == Role::Physical;
    power_management(space);
    msix(space);
    pci_express(space, role, if vendor_specific { VENDOR_SPECIFIC } else { 0 });
    if vendor_specific {
        self::vendor_specific(space);
        vpd::place(space, identity);
    }
}

fn head(space: &mut Space, at: u8, id: u8, next: u8) -> usize {
    space.set(at.into(), [id, next]);
    at.into()
}

/// PCI Power Management Interface, version 3: D0 and D3hot, no wake-up, and state outlives D3hot.
fn power_management(space: &mut Space) {
    const VERSION: u16 = 3;
    const NO_SOFT_RESET: u16 = 1 << 3;
    let at = head(space, POWER_MANAGEMENT, ID_POWER_MANAGEMENT, MSIX);
    space.set(at + 2, VERSION.to_le_bytes());
    space.register(
        POWER_CONTROL,
        NO_SOFT_RESET.to_le_bytes(),
        POWER_STATE.to_le_bytes(),
    );
}

/// MSI-X: enable and function mask can be written; table and pending bits lie in BAR 0, which is number 0 in the lowest bits of
/// the offsets.
fn msix(space: &mut Space) {
    const ENABLE_AND_MASK: u16 = 0xc000;
    let at = head(space, MSIX, ID_MSIX, PCI_EXPRESS);
    space.register(
        at + 2,
        (MSIX_VECTORS - 1).to_le_bytes(),
        ENABLE_AND_MASK.to_le_bytes(),
    );
    // INVARIANT: BAR 0 has 4 MiB, so the offsets fit.
    space.set(at + 4, low_half(MSIX_TABLE).to_le_bytes());
    space.set(at + 8, low_half(MSIX_PENDING).to_le_bytes());
}

#[expect(clippy::cast_possible_truncation, reason = "the half is what is asked for")]
const fn low_half(value: u64) -> u32 {
    value as u32
}

/// PCI Express, version 2: an endpoint that can be reset by function, behind a link that runs at all it can.
///
/// Status and control of the link are its PF's alone: in a VF beside one they read 0 (Base Specification, "Link Status
/// Register Changes" of SR-IOV). A VF that is passed through alone is all that its port has, and QEMU makes the port's status
/// from that of function 0; so there they are shown.
fn pci_express(space: &mut Space, role: Role, next: u8) {
    const VERSION: u16 = 2;
    /// Function Level Reset, role-based error reporting, payloads of 512 bytes.
    const DEVICE: u32 = 1 << 28 | 1 << 15 | 2;
    /// No snoop, relaxed ordering, read requests of 512 bytes.
    const CONTROL: u16 = 0x2810;
    /// All but the initiation of a reset, which is not stored.
    const CONTROL_WRITABLE: u16 = 0x7fff;
    /// Width and speed, in the capabilities and in the status alike.
    const LINK: u16 = LINK_WIDTH << 4 | LINK_SPEED;
    /// Common clock, extended synch.
    const LINK_CONTROL_WRITABLE: u16 = 0x00c0;
    /// Completion time-outs can be chosen and disabled.
    const DEVICE_2: u32 = 0x1f;
    const CONTROL_2_WRITABLE: u16 = 0x1f;
    /// A bit for each speed, from bit 1 on: 2.5, 5, 8, 16 GT/s.
    const LINK_2: u32 = (1 << (LINK_SPEED + 1)) - 2;
    /// Target speed.
    const LINK_CONTROL_2_WRITABLE: u16 = 0x000f;
    let at = head(space, PCI_EXPRESS, ID_PCI_EXPRESS, next);
    space.set(at + 0x02, VERSION.to_le_bytes());
    space.set(at + 0x04, DEVICE.to_le_bytes());
    space.register(
        DEVICE_CONTROL,
        CONTROL.to_le_bytes(),
        CONTROL_WRITABLE.to_le_bytes(),
    );
    space.set(at + 0x0c, u32::from(LINK).to_le_bytes());
    space.set(at + 0x24, DEVICE_2.to_le_bytes());
    space.allow(at + 0x28, CONTROL_2_WRITABLE.to_le_bytes());
    space.set(at + 0x2c, LINK_2.to_le_bytes());
    if role != Role::Virtual {
        space.allow(at + 0x10, LINK_CONTROL_WRITABLE.to_le_bytes());
        space.set(at + 0x12, LINK.to_le_bytes());
        space.register(
            at + 0x30,
            LINK_SPEED.to_le_bytes(),
            LINK_CONTROL_2_WRITABLE.to_le_bytes(),
        );
    }
}

/// The gateway to the device's own address spaces (`mlx5_pci_vsc_init`), as plain memory: its status bits stay 0 and the driver
/// sees that no space is supported.
fn vendor_specific(space: &mut Space) {
    let at = head(space, VENDOR_SPECIFIC, ID_VENDOR_SPECIFIC, vpd::AT);
    space.set(at + 2, [VENDOR_SPECIFIC_LENGTH]);
    space.allow(at + 4, [0xff; VENDOR_SPECIFIC_LENGTH as usize - 4]);
}

/// What Message Control says.
pub(super) fn msix_control(space: &Space) -> MsixControl {
    const ENABLE: u16 = 1 << 15;
    const FUNCTION_MASK: u16 = 1 << 14;
    let control = space.word(usize::from(MSIX) + 2);
    match (control & ENABLE != 0, control & FUNCTION_MASK != 0) {
        (false, _) => MsixControl::Off,
        (true, true) => MsixControl::Masked,
        (true, false) => MsixControl::On,
    }
}

/// The power state may be written as D0 or D3hot; another one is not taken (Power Management Interface, "PMCSR").
pub(super) fn keep_power_state(space: &mut Space, before: u16) {
    let now = space.word(POWER_CONTROL);
    if !matches!(now & POWER_STATE, POWER_D0 | POWER_D3HOT) {
        space.set(POWER_CONTROL, before.to_le_bytes());
    }
}

/// The power control register.
pub(super) fn power_control(space: &Space) -> u16 {
    space.word(POWER_CONTROL)
}

/// Whether a write of `data` at `at` initiates a Function Level Reset.
pub(super) fn initiates_reset(at: usize, data: &[u8]) -> bool {
    let upper = (DEVICE_CONTROL + 1).checked_sub(at);
    upper
        .and_then(|place| data.get(place))
        .is_some_and(|byte| byte & INITIATE_RESET != 0)
}
