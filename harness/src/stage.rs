//! Where a scenario is played: what every stage does and shows, and the stages themselves.
//!
//! | where | what |
//! |---|---|
//! | [`contract`] | the trait [`Stage`]: what whoever plays a scenario asks of a stage |
//! | [`sight`], [`host`], [`wait_cycle`], [`heard`] | what it shows after a step |
//! | [`abilities`] | what it can do, and why a scenario cannot be played on it |
//! | [`foresight`] | what another run tells of a step before it is done |
//! | [`operations`], [`problem`], [`limits`], [`stop`] | host operations, what went wrong, how far it may go |
//! | [`snapshot`] | a sight as a result keeps it |
//! | [`inproc`] | our driver and the device in this process |
//! | [`linux`] | the unmodified Linux driver in a guest |

pub mod abilities;
pub mod contract;
pub mod foresight;
pub mod heard;
pub mod host;
pub mod inproc;
pub mod limits;
pub mod linux;
pub mod operations;
pub mod problem;
pub mod sight;
pub mod snapshot;
pub mod stop;
pub mod wait_cycle;

pub use contract::Stage;
