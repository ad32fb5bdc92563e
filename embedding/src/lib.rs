//! mlx5 firmware and driver in a program of your own, without command line, kit and sockets.
//!
//! | you have | you take |
//! |---|---|
//! | a test, and want driver and firmware in one process | [`Bench`] |
//! | a virtual machine monitor with a PCI bus of its own | [`VirtualDevice`], with your [`VmmBus`] |
//!
//! Both are plain values of one thread: nothing looks at a clock, draws without a seed, or waits, and the same calls have the same
//! results.
//!
//! # Driver and firmware in one process
//! ```
#![doc = include_str!("../examples/counters.rs")]
//! ```
//!
//! # The device behind your own bus
//! ```
#![doc = include_str!("../examples/vmm.rs")]
//! ```
//!
//! # Below
//! [`world()`] is what a [`Bench`] stands on: the loop of [`driver_host`] on an [`InprocMachine`]. Whoever has a device elsewhere
//! implements [`driver_host::Machine`] for it.

mod bench;
mod bench_error;
mod difference;
mod function_type;
mod machine;
mod setup;
mod virtual_device;
mod vmm_bus;
mod world;

pub use bench::{Bench, Started};
pub use bench_error::BenchError;
pub use difference::{Difference, differences};
pub use function_type::{TYPED_COUNTERS, type_of};
pub use machine::{DeviceAct, InprocMachine};
pub use setup::RunSetup;
pub use virtual_device::access::PartialWrite;
pub use virtual_device::{BarWindow, DeviceError, VirtualDevice};
pub use vmm_bus::VmmBus;
pub use world::{InprocWorld, world, world_of};

pub use device_pci::{Bar, MsiMessage};
pub use driver::{HostOperation, RevisionName};
pub use emulator::{DeviceConfig, FirmwareOrder, GateOrder, Owner};
pub use prm::link::DmaFault;
pub use prm::{Cycles, Function, Iova};

/// Reads the description of a device from JSON: the `device` of a scenario file.
///
/// # Errors
/// What is wrong with the text, with its place.
pub fn device(json: &str) -> Result<DeviceConfig, serde_json::Error> {
    serde_json::from_str(json)
}

pub use {device_pci, driver, driver_host, emulator, prm};
