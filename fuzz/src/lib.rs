//! What is promised of inputs that mean harm: one file for each door that they come in by, and for each a program of libFuzzer in
//! `fuzz_targets/` that draws them. `README.md` has the commands.
//!
//! | where | what |
//! |---|---|
//! | [`socket`] | messages and descriptors at the socket of a served device |
//! | [`firmware`] | a program of a driver's side, on the device itself |
//! | [`driver`] | our drivers, on a device that lies |
//! | [`scenario`] | a scenario's file, read and played |
//! | [`control`] | lines at the control socket |
//! | [`artifact`] | what `replay` and `merge` read |
//! | [`layouts`] | bytes as layouts, both ways |
//! | [`draw`] | an input as choices and numbers |
//! | [`devices`], [`orders`], [`program`], [`host`], [`client`] | devices, orders, commands, the memory that they lie in, a client |

pub mod artifact;
pub mod budget;
pub mod client;
pub mod control;
pub mod devices;
pub mod draw;
pub mod driver;
pub mod firmware;
pub mod host;
pub mod layouts;
pub mod orders;
pub mod program;
pub mod scenario;
pub mod seeds;
pub mod socket;
