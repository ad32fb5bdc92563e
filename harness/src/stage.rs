//! Where a scenario is played: what every stage does and shows, and the stages themselves.
//!
//! | where | what |
//! |---|---|
//! | [`contract`] | the trait [`Stage`]: what whoever plays a scenario asks of a stage |
//! | [`sight`], [`device_view`], [`heard`] | what it shows after a step |
//! | [`abilities`] | what it can do, and why a scenario cannot be played on it |
//! | [`foresight`] | what another run tells of a step before it is done |
//! | [`operations`], [`problem`], [`stop`] | host operations, what went wrong, why it ends early |
//! | [`snapshot`] | a sight as a result keeps it |
//! | [`news`], [`expenses`] | what goes on between runs, for people who wait, and where the time went |
//! | [`ours`] | our driver, on whatever bus its device is |
//! | [`inproc`] | our driver and the device in this process |
//! | [`linux`] | the unmodified Linux driver in a guest |

pub mod abilities;
pub mod contract;
pub mod device_view;
pub mod expenses;
pub mod foresight;
pub mod guest;
pub mod heard;
pub mod inproc;
pub mod linux;
pub mod looked_device;
pub mod news;
pub mod operations;
pub mod ours;
pub mod problem;
pub mod sight;
pub mod snapshot;
pub mod socket;
pub mod stop;

pub use contract::Stage;
