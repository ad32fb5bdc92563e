//! The host's side: a driver for the page-management life of an mlx5 device, in three revisions.
//!
//! | where | what |
//! |---|---|
//! | [`Driver`], [`operation`], [`books`], [`message`] | what an owner of a driver sees: operations, books, messages |
//! | [`revision`] | the choices in which revisions differ |
//! | [`runtime`] | tasks, scheduling points, locks, queues |
//! | `load` | probe and load, unload and remove, reload |
//! | [`command`] | the command interface |
//! | [`event_queue`], [`health`], [`capabilities`], [`timeouts`] | what else every function needs |
//! | [`netdev`], `flow_objects` | the network device of an Ethernet function, flow tables |
//! | `pauses` | the times a kernel lets pass by itself |
//! | [`pages`] | pages for firmware |
//! | [`eswitch`], [`sriov`], [`subfunction`], `bus`, `devlink` | other functions, the drivers bound to them, and who asks for them |

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
mod registers;
pub mod revision;
pub mod runtime;
mod sriov;
pub mod state;
mod subfunction;
#[cfg(test)]
mod test_backing;
mod timeouts;
mod uar;
mod vport;

pub use errno::Errno;
pub use handle::{Driver, DriverSetup, HostOptions};
pub use message::{Message, MessageKind, MessageLevel};
pub use operation::{HostOperation, Needs};
pub use revision::RevisionName;
pub use state::State;
