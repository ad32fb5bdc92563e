//! The parts of a silicon as plain data, each with its own small verbs.

pub(crate) mod agenda;
pub(crate) mod board;
pub(crate) mod capabilities;
pub(crate) mod command;
pub(crate) mod endpoint;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod latency;
pub mod ledger;
pub(crate) mod mailbox;
pub(crate) mod message_length;
pub(crate) mod pace;
pub(crate) mod page_signature;
pub(crate) mod roster;
pub(crate) mod silicon;
pub(crate) mod validation;
