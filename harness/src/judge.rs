//! What ought to be: invariants and expectations, held against what happened.
//!
//! * [`invariants`] - what is checked after every step without being asked
//! * `expectations` - what a file expects, against what happened
//! * [`location`] - where an expectation stands in its file

pub(crate) mod expectations;
pub mod invariants;
pub mod location;
