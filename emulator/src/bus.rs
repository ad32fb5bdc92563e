//! The hosts that a silicon reaches by DMA and interrupts.

use prm::Function;
use prm::link::HostBus;

/// The hosts that the silicon's functions see.
///
/// Every endpoint has its own: a VF that is passed through lives in another address space than its PF.
pub trait Buses {
    /// The bus of an endpoint. Only asked for functions of `Silicon::endpoints`.
    fn bus(&mut self, endpoint: Function) -> &mut dyn HostBus;
}
