//! Our driver as a stage, on whatever bus its device is: one stage over two traits.
//!
//! * [`DriverStage`] - what a scenario is played on
//! * [`driver_host::Hosting`] - the drivers and the loop that lets them run, in this process or in a guest
//! * [`Firmware`] - the device's firmware: orders, gate, records, books
//! * [`RunSetup`](embedding::RunSetup) - what such a run is made of
//!
//! A bus is a folder beside this one that builds both: `stage/inproc` has the device in this process.

mod firmware;
pub(crate) mod looking;
mod stage;
mod task;

pub use firmware::{Firmware, OwnerQuestion};
pub(crate) use stage::plan_of;
pub use stage::{ABILITIES, DriverStage};
pub use task::OwnTask;
