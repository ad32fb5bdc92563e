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
//! | registers and doorbells | `register_window`, `health`, `version` |
//! | commands: queue entries, mailboxes, service, gate, latency | `command_queue`, `mailbox`, `service`, `gate`, `latency` |
//! | what each operation does | `firmware`, `page_exchange`, `capabilities` |
//! | events and interrupts | `event_queue` |
//! | pages: the book, requests, demand, signatures | [`ledger`], `page_requests`, `demand`, `page_signature` |
//!
//! A driver can do nothing that makes firmware panic: what is wrong is answered with a delivery status or a
//! command status and syndrome ([`Refusal`]), and recorded.

mod agenda;
mod capabilities;
mod command;
mod command_fields;
mod command_queue;
pub mod config;
mod demand;
mod endpoint;
mod event_queue;
mod firmware;
mod function_reset;
mod gate;
mod health;
mod latency;
pub mod ledger;
mod mailbox;
mod message_length;
pub mod order;
mod owner;
mod pace;
mod page_chore;
mod page_exchange;
mod page_requests;
mod page_signature;
mod reception;
pub mod record;
mod register_window;
mod reply;
mod roster;
mod service;
mod silicon;
mod subject;
mod validation;
mod version;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use agenda::{Due, DueKind};
pub use capabilities::SF_WINDOW_LENGTH;
pub use config::DeviceConfig;
pub use gate::{Caught, HoldState};
pub use ledger::Ledger;
pub use order::{FirmwareOrder, GateOrder, OrderError};
pub use owner::Owner;
pub use pace::Pace;
pub use page_requests::UnansweredRequest;
pub use record::{CommandRecord, Record};
pub use reply::Refusal;
pub use silicon::{Buses, OutstandingCommand, PagesInFlight, Silicon, WaitsFor};
pub use validation::ConfigError;
