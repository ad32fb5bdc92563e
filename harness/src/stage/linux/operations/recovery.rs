//! An error at the root port, from which the kernel recovers by itself.
//!
//! QEMU lets the port report it. Nobody waits for the recovery in the guest: its end is what the kernel prints of it.

use crate::stage::linux::guest::{Guest, GuestError};
use driver::PciError;
use guest::machine::PortError;
use guest_protocol::Order;

/// How long a recovery may take: drivers unload under locks that others hold, a bus is waited for a minute.
const LIMIT_MS: u32 = 600_000;

/// What the kernel says at the end of a recovery (`pcie_do_recovery`).
const ENDS: [&str; 2] = ["device recovery successful", "device recovery failed"];

/// The order that ends when the recovery does.
pub(super) fn end() -> Order {
    Order::AwaitLine {
        words: ENDS.map(str::to_owned).to_vec(),
        limit_ms: LIMIT_MS,
    }
}

/// Begins the recovery, once the guest has taken the order that ends with it.
pub(super) fn begin(guest: &mut Guest, error: PciError) -> Result<(), GuestError> {
    // Orders are taken in their order: when this one has an answer, that one is waiting.
    guest.look(Order::ReadFiles { paths: Vec::new() })?;
    guest.report_port_error(match error {
        PciError::Fatal => PortError::DataLinkProtocol,
        PciError::Nonfatal => PortError::CompletionTimeout,
    })
}
