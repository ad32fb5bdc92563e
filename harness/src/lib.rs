//! Runs scenarios: a driver against a device, both books compared after every step.

pub mod cli;
pub mod inproc;
pub mod invariant;
pub mod linux;
pub mod report;
pub mod run;
pub mod scenario;
