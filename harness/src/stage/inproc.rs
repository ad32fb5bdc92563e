//! Driver and device in one process: host memory, interrupt lines and one virtual clock between them.
//!
//! * [`machine`] - device, memory, clock and lines: plain data
//! * [`setup`] - a device of a description, and drivers on it
//! * [`orders`] - what firmware and gate are told
//! * `stage` - what a scenario is played on

pub mod machine;
pub mod orders;
pub mod setup;
mod stage;

pub use machine::InprocMachine;
pub use setup::{InprocSetup, InprocWorld};
pub use stage::{InprocStage, OwnTask};
