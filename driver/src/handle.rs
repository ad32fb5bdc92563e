//! The handle to a driver, by which every task reaches its state, its device and its locks.
//!
//! * `setup` - what a driver instance is made of
//! * `driver` - the handle: steps, messages, tasks, times
//! * `lock` - sleeping locks
//! * `work` - work queues with one worker

mod driver;
mod lock;
mod setup;
mod work;

pub use driver::Driver;
pub use lock::LockGuard;
pub use setup::{DriverSetup, HostOptions};
pub use work::Work;
