//! What is checked after every step without being asked.
//!
//! How long each is broken, and so how often it is told, stands in its row
//! ([`InvariantName`](crate::scenario::InvariantName)). A family looks at one matter: an invariant of a family that is here
//! needs its row and a function in the family's file.

mod commands;
mod counter_book;
mod counters;
mod finding;
mod leaks;
mod locks;
mod memory;
mod owners;
mod ownership;
mod waits;
mod watch;

pub use watch::Watch;
