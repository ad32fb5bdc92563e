//! What happened in a run: plain data that every backend fills in and every report shows.
//!
//! * [`result`] - what a run yields
//! * [`failure`] - why it is not as it should be
//! * [`aspect`] - what an expectation is about
//! * [`measured`] - what is measured of another driver than ours
//! * [`timeline`] - when everything happened, where that is kept
//! * `trace_hash` - one number for everything that happened

pub mod aspect;
pub mod failure;
pub mod measured;
pub mod result;
pub mod timeline;
pub(crate) mod trace_hash;

pub use failure::Failure;
pub use result::{
    Compared, Comparison, DIED, Mismatch, Outcome, Parting, RunResult, Snapshot, StepRecord, Violation,
};
