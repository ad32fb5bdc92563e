//! The device's health: the poll, the error state, and the way back.
//!
//! The poll is not a task that sleeps but a time in the state: whoever owns the clock asks for it with
//! [`Driver::next_timer`] and has it carried out with [`Driver::fire_timers`]. So a driver at rest stays plain data.
//!
//! * `poll` - from time to time, a look
//! * `sensors` - what says that the device is lost
//! * `reset` - resets, and a device that is given up
//! * `sync_reset` - while firmware may be reset with the consent of all hosts
//! * `recovery` - the way back
//! * `waits` - waiting for a device on its way down and back up

mod poll;
mod recovery;
mod reset;
mod sensors;
mod sync_reset;
mod waits;

pub(crate) use poll::{break_waits, drain, fire, start_poll, stop_poll};
pub(crate) use reset::{declare_faulty, enter_error_state, force_error_state, reset_function};
pub(crate) use sync_reset::{
    RESET_POLL, clear_reset, drain_resets, fire_reset, init_reset, listen_for_resets, on_general_event,
};
pub(crate) use waits::{wait_readable, wait_vital};
