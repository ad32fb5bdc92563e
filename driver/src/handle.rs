//! The handle to a driver, by which every task reaches its state, its device and its locks.
//!
//! * `setup` - what a driver instance is made of
//! * `driver` - the handle: steps, messages, tasks, times
//! * `lock` - sleeping locks
//! * `upcalls` - what lower floors ask of higher ones
//! * `work` - work queues with one worker

mod driver;
mod lock;
mod setup;
mod upcalls;
mod work;

pub use driver::Driver;
pub use lock::LockGuard;
pub use setup::{DriverSetup, HostOptions};
pub(crate) use upcalls::Upcalls;
pub use work::Work;
