//! Reports: what a run showed, for people and for machines.
//!
//! | where | what |
//! |---|---|
//! | [`case`] | a case that has finished |
//! | [`findings`] | what a run shows, in a few numbers: drift, underflow, stall, leak, corruption |
//! | [`books`] | both books of one moment side by side |
//! | [`human`], [`summary`] | lines, details and tables for people |
//! | [`json_lines`], [`junit`], [`ktap`] | the same for machines |
//! | [`canonical`] | a run as snapshot |
//! | [`difference`] | two snapshots, or two outputs, counter by counter |
//! | [`palette`], [`columns`] | colours and alignment |

pub mod books;
pub mod canonical;
pub mod case;
pub mod columns;
pub mod difference;
pub mod findings;
pub mod human;
pub mod json_lines;
pub mod junit;
pub mod ktap;
pub mod palette;
pub mod summary;
