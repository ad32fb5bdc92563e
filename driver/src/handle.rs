//! The handle to a driver, by which every task reaches its state, its device and its locks.
//!
//! * `declarations` - what each kind of task may ever touch
//! * `setup` - what a driver instance is made of
//! * `driver` - the handle: steps, messages, tasks, times
//! * `lock` - sleeping locks
//! * `upcalls` - what lower floors ask of higher ones
//! * `wait` - waiting, for what somebody tells and for what nobody tells
//! * `work` - work queues with one worker

mod declarations;
mod driver;
mod lock;
mod setup;
mod upcalls;
mod wait;
mod work;

pub use driver::{Driver, DriverStanding};

pub use setup::{DriverSetup, HostOptions};
pub(crate) use upcalls::Upcalls;
pub(crate) use wait::{LastLook, Look, Patience};
pub use work::Work;
