//! What commands and orders are made of.

pub(crate) mod acts;
pub(crate) mod chores;
pub(crate) mod demand;
pub(crate) mod drops;
pub(crate) mod events;
pub(crate) mod function_states;
pub(crate) mod haste;
pub(crate) mod held_pages;
pub(crate) mod link;
pub(crate) mod names;
pub(crate) mod orders;
pub(crate) mod other_functions;
pub(crate) mod outputs;
pub(crate) mod requests;
pub(crate) mod resets;
pub(crate) mod supplies;
pub(crate) mod sync_reset;
