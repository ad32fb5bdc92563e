//! The firmware of a device that is another process, over its control socket.

use super::control::{ControlClient, ControlError, SharedControl};
use crate::stage::contract::OrderRefused;
use crate::stage::device_view::DeviceView;
use crate::stage::looked_device::{LookedDevice, request};
use crate::stage::ours::{Firmware, OwnerQuestion};
use device_server::control::look::Look;
use driver_host::HostLost;
use emulator::{FirmwareOrder, GateOrder, HoldState, Record};
use serde::Serialize;
use serde_json::Value;
use std::marker::PhantomData;

/// See the module's head. `L` is how its loss is told.
pub struct ControlFirmware<L> {
    control: SharedControl,
    /// What a look at the books has shown, too, and nobody has taken.
    later: Vec<Record>,
    told_as: PhantomData<fn() -> L>,
}

impl<L: From<ControlError> + From<HostLost>> ControlFirmware<L> {
    /// The firmware of a device that nobody has touched. From now on the server keeps all that happens.
    ///
    /// # Errors
    /// Where there is no answer.
    pub fn new(control: SharedControl) -> Result<Self, L> {
        let mut firmware = Self {
            control,
            later: Vec::new(),
            told_as: PhantomData,
        };
        let _of_before = firmware.take_records()?;
        Ok(firmware)
    }

    /// The way to the firmware, if nobody else shares it any more.
    #[must_use]
    pub fn into_control(self) -> Option<ControlClient> {
        self.control.into_client()
    }

    fn look(&self, questions: &[OwnerQuestion]) -> Result<Look, L> {
        let look: Look = self.control.ask("look", &request(questions))?;
        match look.lost {
            0 => Ok(look),
            lost => Err(forgotten(lost).into()),
        }
    }

    /// Gives an order; inside, that it is not carried out.
    fn give(&self, order: &'static str, what: &impl Serialize) -> Result<Result<(), OrderRefused>, L> {
        match self.control.ask::<Value>(order, what) {
            Ok(_) => Ok(Ok(())),
            Err(ControlError::Refused(why)) => Ok(Err(OrderRefused(why))),
            Err(error) => Err(error.into()),
        }
    }
}

/// The server keeps many records, but not all of them.
fn forgotten(records: u64) -> HostLost {
    HostLost(format!(
        "the server has forgotten {records} records that nobody had taken"
    ))
}

impl<L: From<ControlError> + From<HostLost>> Firmware for ControlFirmware<L> {
    type Lost = L;

    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderRefused>, L> {
        self.give("firmware", order)
    }

    fn gate(&mut self, order: &GateOrder) -> Result<Result<(), OrderRefused>, L> {
        self.give("gate", order)
    }

    fn holds(&mut self) -> Result<Vec<HoldState>, L> {
        Ok(self.look(&[])?.holds)
    }

    fn take_records(&mut self) -> Result<Vec<Record>, L> {
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
    ) -> Result<R, L> {
        let mut look = self.look(questions)?;
        self.later.append(&mut look.records);
        Ok(see(&LookedDevice::new(questions, look)))
    }
}
