//! Plays one scenario under one revision: executes its steps, checks the invariants after each, judges the end.
//!
//! * [`options`] - how to run
//! * `run` - from a scenario to its result, with driver and device in this process
//! * `execution` - steps, one after another
//! * `actions` - what the actors of a step do
//! * `observer` - looking at a step that has ended
//! * `holds` - what became of the gate's holds
//! * `wording` - short words for what was done

pub(crate) mod actions;
pub(crate) mod execution;
pub(crate) mod holds;
mod observer;
pub mod options;
mod run;
mod wording;

pub use options::RunOptions;
pub use run::{play_on, run_scenario, setup};
pub(crate) use wording::words;
