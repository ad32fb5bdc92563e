//! The link between host and device, seen from both of its ends.
//!
//! A driver reaches its device through three small traits, each as fallible as a real bus: [`Registers`], [`DmaMemory`] and
//! [`Interrupts`]; a [`Clock`] tells it the time. A device reaches its host through [`HostBus`]: DMA into host memory and
//! interrupts. In one process both ends are the same memory; over a vfio-user socket or inside a guest they are not, and
//! neither side can tell. [`DeviceWaits`] tells a host what firmware waits for,
//! and with a [`TimeOrder`] it moves the clock of a device that has no time of its own.

mod clock;
mod device;
mod dma;
mod error;
mod interrupts;
mod registers;
mod time;
mod waits;

pub use clock::Clock;
pub use device::{DmaFault, HostBus};
pub use dma::{DmaMemory, HostPage, MappingFailed, OutOfMemory};
pub use error::BusError;
pub use interrupts::Interrupts;
pub use registers::Registers;
pub use time::{DmaStray, TimeAnswer, TimeOrder};
pub use waits::{DeviceWaits, OutstandingWait, RequestWait};
