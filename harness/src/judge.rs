//! What ought to be: invariants and expectations, held against what happened.
//!
//! * `verdict` - the judge of a run
//! * [`invariants`] - what is checked after every step without being asked
//! * `expectations` - what a file expects, against what happened
//! * [`beside`] - another driver's run, beside our driver's
//! * [`location`] - where an expectation stands in its file
//! * `shown` - numbers as people compare them

pub mod beside;
pub(crate) mod expectations;
pub mod invariants;
pub mod location;
mod shown;
mod verdict;

pub(crate) use verdict::Judge;
