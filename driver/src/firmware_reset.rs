//! Resets of firmware that all hosts of a device agree on, as an upgrade ends with (`fw_reset.c`).
//!
//! * `register` - the register by which a driver asks and answers
//! * `negotiation` - firmware asks: may it be reset? Until then, and if it comes to nothing
//! * `unload` - the function goes down, firmware is reset, and it comes up again
//! * `activation` - this host's administrator starts it (`devlink dev reload action fw_activate`)

mod activation;
mod negotiation;
mod register;
mod unload;

pub(crate) use activation::activate;

use crate::handle::{Driver, Work};
use crate::message::MessageKind;
use crate::runtime::{Object, TaskRole, WorkQueue};
use crate::state::State;
use crate::state::firmware_reset::ResetWork;

impl Work for ResetWork {
    const ROLE: TaskRole = TaskRole::FirmwareReset;
    const QUEUE: Object = Object::Health;

    fn queue(state: &mut State) -> &mut WorkQueue<Self> {
        &mut state.health.reset.queue
    }

    fn look(state: &State) -> &WorkQueue<Self> {
        &state.health.reset.queue
    }

    async fn run(self, driver: Driver) {
        match self {
            Self::Request => negotiation::answer(&driver).await,
            Self::Unload => unload::go_down(&driver).await,
            Self::Abort => negotiation::end(&driver, MessageKind::SyncResetAborted).await,
            Self::TimedOut => negotiation::end(&driver, MessageKind::SyncResetTimedOut).await,
            Self::Reload => unload::after_reset(&driver).await,
        }
    }
}
