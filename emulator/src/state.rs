//! The parts of a silicon as plain data, each with its own small verbs.

pub(crate) mod agenda;
pub(crate) mod board;
pub(crate) mod capabilities;
pub(crate) mod command;
pub(crate) mod command_queue;
pub(crate) mod endpoint;
pub(crate) mod event_queue;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod journal;
pub(crate) mod latency;
pub mod ledger;
pub(crate) mod mailbox;
pub(crate) mod message_length;
pub(crate) mod objects;
pub(crate) mod operation;
pub(crate) mod pace;
pub(crate) mod page_chore;
pub(crate) mod page_signature;
pub(crate) mod port;
pub(crate) mod reception;
pub(crate) mod roster;
pub(crate) mod silicon;
pub(crate) mod subfunctions;
pub(crate) mod validation;
pub(crate) mod vports;
