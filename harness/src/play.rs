//! Plays one scenario under one revision: executes its steps, checks the invariants after each, judges the end.
//!
//! * [`options`] - how to run
//! * `execution` - steps, one after another
//! * `actions` - what the actors of a step do
//! * `operations` - host operations that run, in the foreground and in the background
//! * `observer` - looking at a step that has ended
//! * `holds` - what became of the gate's holds
//! * `wording` - short words for what was done

mod actions;
mod execution;
pub(crate) mod holds;
mod observer;
mod operations;
pub mod options;
mod run;
mod wording;

pub use options::RunOptions;
pub use run::run_scenario;
