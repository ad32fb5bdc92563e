//! The firmware of an mlx5 device, as far as the life of its ICM pages reaches, as one deterministic state machine.
//!
//! [`Silicon`] is one device with all its functions. Register accesses, orders and the passing of time go in; DMA and
//! interrupts come out through [`Buses`]; what happened is told as [`Record`]s, and the pages that firmware holds
//! are in its [`Ledger`]. There is no I/O, no thread and no wall clock here: the same inputs give the same outputs, and a
//! clone goes on as the original would.
//!
//! | what | where |
//! |---|---|
//! | what device to play | [`config`] |
//! | what to tell firmware and gate | [`order`] |
//! | registers and doorbells | `device` |
//! | how a command is worked on | `service` |
//! | what each operation does | `operations`, `commands` |
//! | events, page requests, whose page it is, orders | `work` |
//! | the parts of a silicon as plain data: the book of pages, command queues, rules and holds | `state` |
//!
//! What happens is a sequence of acts ([`Act`]), and each touches only those places ([`Place`]) that a table says it may
//! (`state::declaration`). That is seen in every build: see [`Silicon::surprise`] and [`Silicon::take_footprints`].
//!
//! A driver can do nothing that makes firmware panic: what is wrong is answered with a delivery status or a
//! command status and syndrome ([`Refusal`]), and recorded.
//!
//! # With a driver
//! The crate `mlx5-embedding` joins it with the driver of this project, in one process:
//! ```
//! use mlx5_embedding::{Bench, BenchError, Function, HostOperation, RevisionName};
//!
//! # fn main() -> Result<(), BenchError> {
//! let device = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "func_id",
//!     "vfs": { "total": 2, "first_vhca_id": 16 } }"#;
//! let mut bench = Bench::of_json(device, RevisionName::Merged)?;
//! bench.run(HostOperation::Load)?;
//! bench.run(HostOperation::EnableVfs(1))?;
//! bench.request_pages(Function::Vf(1), 64)?;
//! for (owner, pages) in bench.ledger() {
//!     println!("firmware holds {pages} pages of {owner}");
//! }
//! assert_eq!(bench.counters().fw_pages_vfs, 64);
//! # Ok(())
//! # }
//! ```
//!
//! # Behind a bus
//! And it puts it behind the PCI bus of a virtual machine monitor, which implements one trait. Whoever wants neither calls
//! [`Silicon`] himself.
//! ```
//! use mlx5_embedding::{Bar, DmaFault, Function, Iova, MsiMessage, VirtualDevice, VmmBus};
//!
//! struct Machine {
//!     memory: Vec<u8>,
//! }
//!
//! impl VmmBus for Machine {
//!     fn dma_read(&mut self, _: Function, at: Iova, into: &mut [u8]) -> Result<(), DmaFault> {
//!         let from = self.memory.get(at.0 as usize..).and_then(|rest| rest.get(..into.len()));
//!         into.copy_from_slice(from.ok_or(DmaFault { at })?);
//!         Ok(())
//!     }
//!     fn dma_write(&mut self, _: Function, at: Iova, from: &[u8]) -> Result<(), DmaFault> {
//!         let into = self.memory.get_mut(at.0 as usize..).and_then(|rest| rest.get_mut(..from.len()));
//!         into.ok_or(DmaFault { at })?.copy_from_slice(from);
//!         Ok(())
//!     }
//!     fn interrupt(&mut self, function: Function, message: MsiMessage) {
//!         println!("{function} writes {:#x} to {:#x}", message.data, message.address);
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = mlx5_embedding::device(r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "func_id" }"#)?;
//! let mut device = VirtualDevice::new(config, Machine { memory: vec![0; 4096] })?;
//! let mut id = [0; 4];
//! device.config_read(Function::Pf, 0, &mut id);
//! assert_eq!(id, [0xb3, 0x15, 0x1b, 0x10]);
//! let mut revision = [0; 4];
//! device.bar_read(Function::Pf, Bar::Own, 0, &mut revision);
//! println!("firmware {}.{}", revision[3], revision[1]);
//! # Ok(())
//! # }
//! ```

mod bus;
mod commands;
pub mod config;
mod device;
mod operations;
pub mod order;
mod owner;
pub mod record;
mod reply;
mod service;
mod state;
mod version;
mod work;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use bus::Buses;
pub use config::DeviceConfig;
pub use device::account::{OutstandingCommand, PagesInFlight, WaitsFor};
pub use device::due::ToDo;
pub use order::{FirmwareOrder, GateOrder, OrderError};
pub use owner::{Owner, UnknownOwner};
pub use record::{CommandRecord, Record};
pub use reply::Refusal;
pub use state::action::{Act, Action, OrderKind, Register};
pub use state::agenda::{Due, DueKind};
pub use state::board::UnansweredRequest;
pub use state::capabilities::SF_WINDOW_LENGTH;
pub use state::footprint::Footprint;
pub use state::gate::{Caught, HoldState};
pub use state::ledger::{self, Ledger};
pub use state::pace::Pace;
pub use state::page_use::PageUse;
pub use state::place::{Place, Thing};
pub use state::silicon::Silicon;
pub use state::validation::ConfigError;
pub use state::watch::Surprise;
