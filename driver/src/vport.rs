//! A single vport: what is told and asked about it, its changes, and how it comes and goes.
//!
//! * `commands` - the commands about one vport
//! * `change` - what a vport's function tells by event: addresses, promiscuous mode
//! * `setup` - enabling and disabling one

mod change;
mod commands;
mod setup;

pub(crate) use change::{on_vport_change, serve};
pub(crate) use commands::query_context;
pub(crate) use setup::{load_vport, unload_vport};
