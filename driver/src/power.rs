//! The machine sleeps and wakes up, or ends: what the host's power management asks of its drivers.
//!
//! * `drivers` - whose turn it is
//! * [`suspend_resume`] - every driver unloads, and loads again when the machine wakes up
//! * [`shut_down`] - every driver lets its device go; no kernel gives anything back after that
//!
//! Functions that exist because of another one come first on the way down and last on the way up.

mod drivers;
mod shutdown;
mod sleep;

pub(crate) use shutdown::shut_down;
pub(crate) use sleep::suspend_resume;
