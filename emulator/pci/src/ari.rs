//! The ARI capability (Base Specification, "ARI Extended Capability"): the device and function numbers of an address are one
//! function number of eight bits, so that a port carries 256 functions instead of 8.
//!
//! The kernel turns it on in the root port when it finds it in function 0. Functions are chained here as far as they are no
//! VFs: those are found by offset and stride of their PF. So the PF is the last of its chain, unless there is a second host's.

use super::space::Space;
use super::sriov;

/// Where it is in a PF with VFs.
pub(super) const BEHIND_SRIOV: usize = sriov::END;

const ID: u16 = 0x000e;
/// Where the number of the next function is, from the beginning of the capability.
const NEXT_FUNCTION: usize = 5;

/// Fills in the capability at `at`; it is the last one. The function with the number `next` is the next of the chain, none if it is
/// 0. The rest of the capability register and the control register are 0: there are no function groups.
pub(super) fn place(space: &mut Space, at: usize, next: u8) {
    space.extended_head(at, ID, 0);
    space.set(at + NEXT_FUNCTION, [next]);
}
