//! What is ordered from outside: to firmware, to the gate, to the clock, and another silicon.

use super::DeviceServer;
use crate::error::{ServeError, WallClock};
use emulator::{DeviceConfig, FirmwareOrder, GateOrder, OrderError};
use prm::Cycles;
use prm::link::{TimeAnswer, TimeOrder};

impl DeviceServer {
    /// Carries out an order to firmware at once, after what was due before.
    ///
    /// # Errors
    /// See [`Silicon::order`](emulator::Silicon::order).
    pub fn order(&mut self, order: &FirmwareOrder) -> Result<(), OrderError> {
        self.work(|card, clients| {
            let (silicon, mut buses, now) = card.at_work(clients);
            silicon.order(order, now, &mut buses)
        })
    }

    /// Carries out an order to the gate at once, after what was due before.
    ///
    /// # Errors
    /// See [`Silicon::gate`](emulator::Silicon::gate).
    pub fn gate(&mut self, order: &GateOrder) -> Result<(), OrderError> {
        self.work(|card, clients| {
            let (silicon, mut buses, now) = card.at_work(clients);
            silicon.gate(order, now, &mut buses)
        })
    }

    /// Whether its clock stands until an order moves it.
    #[must_use]
    pub const fn has_virtual_clock(&self) -> bool {
        self.card.clock().is_virtual()
    }

    /// Moves a virtual clock, where the order says so, and tells how the device stands and what it has done to its hosts since
    /// this was asked last. With the wall clock that is kept from the first such question on.
    ///
    /// # Errors
    /// [`WallClock`] if the clock is to be moved and is none that can be.
    pub fn time(&mut self, order: &TimeOrder) -> Result<TimeAnswer, WallClock> {
        let acted = match order.advance_to_ns {
            Some(_) if !self.card.clock().is_virtual() => return Err(WallClock),
            Some(at) => self.work(|card, clients| card.advance_to(Cycles(at), clients)),
            None => false,
        };
        let waits = order.waits.then(|| self.card.silicon().device_waits());
        Ok(TimeAnswer {
            waits,
            ..self.card.take_answer(acted)
        })
    }

    /// Puts another silicon behind the same sockets. Clients stay connected, with their DMA maps and eventfds, and the
    /// configuration spaces stay as the guest has programmed them. To a guest it is as if every function had forgotten what its
    /// driver told it: the driver must be unloaded. Records of the old silicon that were not taken are gone. The wall clock goes on; a virtual one stands at 0 again, and what
    /// was not asked for of the old silicon's doings is gone.
    ///
    /// # Errors
    /// [`ServeError::Config`], and but for the flat layout, which takes every device, [`ServeError::TooManyFunctions`] and
    /// [`ServeError::OtherTopology`] if the PCI functions, VFs or SF windows differ. Then nothing has changed.
    pub fn replace_silicon(&mut self, config: DeviceConfig, seed: u64) -> Result<(), ServeError> {
        self.card.replace_silicon(config, seed)?;
        if self.offers_versions {
            self.offer_versions();
        }
        Ok(())
    }
}
