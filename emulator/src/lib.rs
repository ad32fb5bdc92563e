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
