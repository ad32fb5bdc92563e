//! Time and orders: what the device does by itself, and what somebody tells its firmware.

use super::VirtualDevice;
use crate::vmm_bus::VmmBus;
use emulator::{FirmwareOrder, GateOrder, OrderError};
use prm::Cycles;

impl<B: VmmBus> VirtualDevice<B> {
    /// Moves the device's clock to `now`, unless it is later already, and does what is due by then, each at its time. A monitor in real
    /// time calls it before an access, and when [`Self::next_due`] has come.
    pub fn advance(&mut self, now: Cycles) {
        self.now = self.now.max(now);
        self.with_device(|silicon, hosts, now| silicon.advance(now, hosts));
    }

    /// When the device has something to do by itself, unless something happens before.
    #[must_use]
    pub fn next_due(&self) -> Option<Cycles> {
        self.silicon.next_due().map(|due| due.at)
    }

    /// Gives firmware an order, carried out at once.
    ///
    /// # Errors
    /// [`OrderError`] if it makes no sense for this device now; nothing has happened then.
    pub fn order(&mut self, order: &FirmwareOrder) -> Result<(), OrderError> {
        self.with_device(|silicon, hosts, now| silicon.order(order, now, hosts))
    }

    /// Gives the gate an order: to hold commands, or to let them go.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub fn gate(&mut self, order: &GateOrder) -> Result<(), OrderError> {
        self.with_device(|silicon, hosts, now| silicon.gate(order, now, hosts))
    }
}
