//! The SR-IOV capability (Base Specification, "SR-IOV Extended Capability"), the first of extended configuration space.

use super::header::BAR0_SIZE;
use super::space::{EXTENDED, Space};

/// VFs that there is room for beside their PF: a bus has 256 functions, and behind a port they are all one device's.
pub const MOST_VFS: u16 = 255;

const AT: usize = EXTENDED;
/// Where the capability ends.
pub(super) const END: usize = AT + 0x40;
const ID: u16 = 0x0010;
const CONTROL: usize = AT + 0x08;
const VF_ENABLE: u16 = 1 << 0;
const VF_MEMORY_SPACE: u16 = 1 << 3;
/// VF enable, VF memory space enable, ARI capable hierarchy.
const CONTROL_WRITABLE: u16 = 0x0019;
const INITIAL_VFS: usize = AT + 0x0c;
const TOTAL_VFS: usize = AT + 0x0e;
const NUM_VFS: usize = AT + 0x10;
const FIRST_VF_OFFSET: usize = AT + 0x14;
const VF_STRIDE: usize = AT + 0x16;
const VF_DEVICE_ID: usize = AT + 0x1a;
const SUPPORTED_PAGE_SIZES: usize = AT + 0x1c;
const SYSTEM_PAGE_SIZE: usize = AT + 0x20;
const VF_BAR0: usize = AT + 0x24;
/// 4 KiB, 8 KiB, 64 KiB, 256 KiB, 1 MiB, 4 MiB.
const PAGE_SIZES: u32 = 0x553;
const PAGE_SIZE_4_KIB: u32 = 1;

/// Fills in the capability of a PF with `total` VFs of this device id, which follow it one by one. The next one is at `next`.
pub(super) fn place(space: &mut Space, total: u16, device: u16, next: usize) {
    space.extended_head(AT, ID, next);
    space.allow(CONTROL, CONTROL_WRITABLE.to_le_bytes());
    space.set(INITIAL_VFS, total.to_le_bytes());
    space.set(TOTAL_VFS, total.to_le_bytes());
    space.allow(NUM_VFS, [0xff; 2]);
    space.set(FIRST_VF_OFFSET, 1u16.to_le_bytes());
    space.set(VF_STRIDE, 1u16.to_le_bytes());
    space.set(VF_DEVICE_ID, device.to_le_bytes());
    space.set(SUPPORTED_PAGE_SIZES, PAGE_SIZES.to_le_bytes());
    space.register(
        SYSTEM_PAGE_SIZE,
        PAGE_SIZE_4_KIB.to_le_bytes(),
        PAGE_SIZES.to_le_bytes(),
    );
    space.memory_bar(VF_BAR0, BAR0_SIZE);
}

/// How many VFs are enabled.
pub(super) fn enabled(space: &Space) -> u16 {
    if space.word(CONTROL) & VF_ENABLE == 0 {
        0
    } else {
        space.word(NUM_VFS)
    }
}

/// Where the first VF's BAR 0 begins, if those of VFs answer in memory space.
pub(super) fn memory(space: &Space) -> Option<u64> {
    (space.word(CONTROL) & VF_MEMORY_SPACE != 0).then(|| space.address(VF_BAR0))
}

/// The number of VFs to enable.
pub(super) fn chosen(space: &Space) -> u16 {
    space.word(NUM_VFS)
}

/// After a write to the capability of a PF with `total` VFs: more of them than there are is not taken, and while they are
/// enabled their number stays.
pub(super) fn keep_chosen(space: &mut Space, total: u16, before: u16) {
    if space.word(NUM_VFS) > total {
        space.set(NUM_VFS, before.to_le_bytes());
    }
    let enabled = space.word(CONTROL) & VF_ENABLE != 0;
    space.allow(NUM_VFS, if enabled { [0; 2] } else { [0xff; 2] });
}
