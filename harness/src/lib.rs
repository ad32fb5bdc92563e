//! Runs scenarios: a driver against a device, both books compared after every step.

// A write to standard output or standard error can fail, and these macros panic then: see `cli::streams`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod explore;
pub mod judge;
pub mod play;
pub mod record;
pub mod report;
pub mod review;
pub mod scenario;
pub mod stage;
pub mod swarm;
pub mod text;
