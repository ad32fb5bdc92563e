//! The host's side: a driver for the page-management life of an mlx5 device, in three revisions.
//!
//! The floors, the top one first (`floors.toml` has them by file); a file uses only what stands below it.
//!
//! | where | what |
//! |---|---|
//! | `operations`, `interrupts` | what the host starts and the device interrupts |
//! | `health/recovery`, `pci` | a lost device is brought back; what the host does on the bus |
//! | `load` | probe and load, unload and remove, reload |
//! | `eswitch`, `sriov`, `subfunction`, `ecpf`, `netdev` | other functions and the drivers bound to them, the network device |
//! | `health`, `event_queue` | the poll and resets; event queues |
//! | `pages` | the exchanges of pages with firmware |
//! | `vport`, `attribution` | one vport; which function is whose |
//! | `capabilities`, `timeouts`, `uar`, `flow_objects` | what takes one command |
//! | `command` | the command interface |
//! | [`Driver`], `bus`, `devlink` | the handle: steps, locks, work queues, calls that go up |
//! | [`state`] | everything a driver knows, as plain data |
//! | [`runtime`] | tasks, scheduling points, schedules |
//! | [`operation`], [`books`], [`message`], [`revision`], [`device_bus`] | what everybody names |
//!
//! # Example
//! A driver needs a device and a loop that lets it run. The crate `mlx5-embedding` has both, with the emulator as the device; whoever has a
//! device of his own implements `driver_host::Machine` for it.
//! ```
//! use mlx5_embedding::{Bench, BenchError, Function, HostOperation, RevisionName};
//!
//! # fn main() -> Result<(), BenchError> {
//! let device = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
//!     "eswitch": { "manager": true, "vport_group_manager": true },
//!     "vfs": { "total": 2, "first_vhca_id": 16 } }"#;
//! for revision in RevisionName::ALL {
//!     let mut bench = Bench::of_json(device, revision)?;
//!     bench.run(HostOperation::Load)?;
//!     bench.run(HostOperation::EnableVfs(2))?;
//!     bench.request_pages(Function::Vf(1), 512)?;
//!     println!("{revision}, {:?} after power on:", bench.now());
//!     for (name, pages) in bench.counters().named() {
//!         println!("    {name} {pages}");
//!     }
//!     for (_, message) in bench.take_messages() {
//!         println!("    {message}");
//!     }
//!     bench.run(HostOperation::Unload)?;
//!     assert_eq!(bench.counters().fw_pages_total, 0);
//! }
//! # Ok(())
//! # }
//! ```

mod attribution;
pub mod books;
mod bus;
mod capabilities;
mod command;
pub mod device_bus;
mod devlink;
mod ecpf;
pub mod errno;
mod eswitch;
mod event_queue;
mod firmware_reset;
mod flow_objects;
mod handle;
mod health;
mod interrupts;
mod load;
pub mod message;
mod netdev;
pub mod operation;
mod operations;
mod pages;
mod pauses;
mod pci;
mod power;
mod register_access;
mod registers;
pub mod revision;
pub mod runtime;
mod sriov;
pub mod state;
mod subfunction;
#[cfg(test)]
mod test_backing;
#[cfg(test)]
mod test_bench;
mod timeouts;
mod uar;
mod vport;

pub use errno::Errno;
pub use handle::{Driver, DriverSetup, DriverStanding, HostOptions};
pub use message::{Message, MessageKind, MessageLevel};
pub use operation::{HostOperation, Needs, PciError};
pub use revision::{Revision, RevisionName};
pub use state::State;
