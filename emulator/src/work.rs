//! What commands and orders are made of.

pub(crate) mod chores;
pub(crate) mod demand;
pub(crate) mod events;
pub(crate) mod names;
pub(crate) mod orders;
pub(crate) mod requests;
