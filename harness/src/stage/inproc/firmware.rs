//! The firmware of a device in this process.

use crate::stage::contract::OrderRefused;
use crate::stage::device_view::DeviceView;
use crate::stage::ours::{Firmware, OwnerQuestion};
use driver_host::{HostLost, World};
use embedding::InprocMachine;
use emulator::{FirmwareOrder, GateOrder, HoldState, Record};
use std::cell::RefCell;
use std::rc::Rc;

/// See the module's head. It is never lost.
pub struct InprocFirmware {
    machine: Rc<RefCell<InprocMachine>>,
}

impl InprocFirmware {
    /// The firmware of the device that a world's drivers are on.
    #[must_use]
    pub fn of(world: &World<InprocMachine>) -> Self {
        Self {
            machine: world.shared_machine(),
        }
    }
}

impl Firmware for InprocFirmware {
    type Lost = HostLost;

    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderRefused>, HostLost> {
        let done = self.machine.borrow_mut().order(order);
        Ok(done.map_err(OrderRefused::from))
    }

    fn gate(&mut self, order: &GateOrder) -> Result<Result<(), OrderRefused>, HostLost> {
        let done = self.machine.borrow_mut().gate(order);
        Ok(done.map_err(OrderRefused::from))
    }

    fn holds(&mut self) -> Result<Vec<HoldState>, HostLost> {
        Ok(self.machine.borrow().silicon.holds())
    }

    fn take_records(&mut self) -> Result<Vec<Record>, HostLost> {
        Ok(self.machine.borrow_mut().silicon.take_records())
    }

    fn view<R>(
        &mut self,
        _questions: &[OwnerQuestion],
        see: impl FnOnce(&dyn DeviceView) -> R,
    ) -> Result<R, HostLost> {
        Ok(see(&self.machine.borrow().silicon))
    }
}
