//! Goes every way through a system that can be forked wherever it has a choice, and says what it can come to.
//!
//! | where | what |
//! |---|---|
//! | [`system`] | what is searched: choices, steps, standings, fingerprints |
//! | [`method`] | how: what is remembered, what is left out |
//! | [`budget`] | how far |
//! | [`found`] | what was found: flaws, ends, a witness of each |
//! | [`visited`] | the states that were there before, in few bytes each |
//! | [`sleep`] | choices that need not be made, since another way comes to the same |
//! | [`memory`] | what is remembered of states, by one search or by several |
//! | `path`, `stack` | the choices to where the system stands, and those that are left on the way |
//! | [`exhaustive`] | every way |
//! | [`crew`] | every way, by several at once |
//! | [`walks`] | ways drawn from a seed: uniformly, or by priorities with few changes |
//! | [`shrinking`] | the way with the fewest preemptions, and then the fewest steps, to something |
//! | [`shard`] | one of several parts of all ways |
//!
//! Nothing here knows what a driver is.

pub mod budget;
pub mod crew;
pub mod exhaustive;
pub mod found;
pub mod memory;
pub mod method;
mod path;
pub mod shard;
pub mod shrinking;
pub mod sleep;
mod stack;
pub mod system;
pub mod visited;
pub mod walks;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod toy;

pub use budget::{Budget, Spent, Verdict};
pub use exhaustive::search;
pub use found::{EndSeen, FlawSeen, Found, Witness};
pub use method::Method;
pub use shard::Shard;
pub use system::{Candidate, Conflict, Ended, System, Taken};
pub use visited::Visited;
