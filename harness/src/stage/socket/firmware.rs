//! The firmware of a device that is another process, over its control socket.

use super::control::{ControlError, SharedControl};
use super::error::SocketError;
use crate::stage::contract::OrderRefused;
use crate::stage::device_view::DeviceView;
use crate::stage::looked_device::{LookedDevice, request};
use crate::stage::ours::{Firmware, OwnerQuestion};
use device_server::control::look::Look;
use emulator::{FirmwareOrder, GateOrder, HoldState, Record};
use serde::Serialize;
use serde_json::Value;

/// See the module's head.
pub(super) struct ControlFirmware {
    control: SharedControl,
    /// What a look at the books has shown, too, and nobody has taken.
    later: Vec<Record>,
}

impl ControlFirmware {
    /// The firmware of a device that nobody has touched. From now on the server keeps all that happens.
    ///
    /// # Errors
    /// [`SocketError::Lost`].
    pub(super) fn new(control: SharedControl) -> Result<Self, SocketError> {
        let mut firmware = Self {
            control,
            later: Vec::new(),
        };
        let _of_before = firmware.take_records()?;
        Ok(firmware)
    }

    fn look(&self, questions: &[OwnerQuestion]) -> Result<Look, SocketError> {
        Ok(self.control.ask("look", &request(questions))?)
    }

    /// Gives an order; inside, that it is not carried out.
    fn give(
        &self,
        order: &'static str,
        what: &impl Serialize,
    ) -> Result<Result<(), OrderRefused>, SocketError> {
        match self.control.ask::<Value>(order, what) {
            Ok(_) => Ok(Ok(())),
            Err(ControlError::Refused(why)) => Ok(Err(OrderRefused(why))),
            Err(error) => Err(error.into()),
        }
    }
}

impl Firmware for ControlFirmware {
    type Lost = SocketError;

    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderRefused>, SocketError> {
        self.give("firmware", order)
    }

    fn gate(&mut self, order: &GateOrder) -> Result<Result<(), OrderRefused>, SocketError> {
        self.give("gate", order)
    }

    fn holds(&mut self) -> Result<Vec<HoldState>, SocketError> {
        Ok(self.look(&[])?.holds)
    }

    fn take_records(&mut self) -> Result<Vec<Record>, SocketError> {
        let mut records = std::mem::take(&mut self.later);
        loop {
            let mut look = self.look(&[])?;
            records.append(&mut look.records);
            if look.left == 0 {
                return Ok(records);
            }
        }
    }

    fn view<R>(
        &mut self,
        questions: &[OwnerQuestion],
        see: impl FnOnce(&dyn DeviceView) -> R,
    ) -> Result<R, SocketError> {
        let mut look = self.look(questions)?;
        self.later.append(&mut look.records);
        Ok(see(&LookedDevice::new(questions, look)))
    }
}
