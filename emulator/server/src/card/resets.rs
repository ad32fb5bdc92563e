//! Resets of a function, from wherever they come.

use super::Card;
use crate::port::Clients;
use device_pci::PHYSICAL;

impl Card {
    /// A reset from outside (`VFIO_USER_DEVICE_RESET`). What was due before has happened. While the link is down it reaches nobody: it
    /// says no more than that the client has realized the function.
    pub(crate) fn device_reset(&mut self, place: usize, mut clients: Clients<'_>) {
        self.at_work(clients.again());
        let is_reached = self.silicon.is_reached();
        if let Some(function) = self.functions.get_mut(place) {
            match is_reached {
                true => function.device_reset(),
                false => function.settle(),
            }
        }
        if is_reached {
            self.reset_silicon(place, clients);
        }
    }

    /// The client is gone: the function is as at power on for the next one.
    pub(crate) fn power_on(&mut self, place: usize, mut clients: Clients<'_>) {
        self.at_work(clients.again());
        if let Some(function) = self.functions.get_mut(place) {
            function.power_on();
        }
        self.reset_silicon(place, clients);
    }

    /// The part of a reset that is firmware's. With the PF its VFs and SFs are gone too: VF enable has been cleared.
    pub(super) fn reset_silicon(&mut self, place: usize, clients: Clients<'_>) {
        let (silicon, mut buses, now) = self.at_work(clients);
        if let Some(function) = buses.functions.topology().function_at(place) {
            silicon.reset_function(function, now, &mut buses);
        }
        // In the flat layout the others are no VFs of it: firmware has reset what hangs on it.
        if place == PHYSICAL && !self.topology().is_flat() {
            self.reset_vfs(self.functions.count());
        }
    }

    /// Resets the first `count` VFs. A second host's PF, which stands behind them, is none.
    pub(super) fn reset_vfs(&mut self, count: usize) {
        let now = self.clock.time();
        let silicon = &mut self.silicon;
        self.functions
            .reset_vfs(count, |vf| silicon.reset_endpoint(vf, now));
    }
}
