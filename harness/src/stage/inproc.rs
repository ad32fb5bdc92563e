//! Driver and device in one process: host memory, interrupt lines and one virtual clock between them.
//!
//! * [`memory`] - the host's memory, as driver and device share it
//! * [`fault`] - planned failures of the host's allocators
//! * [`machine`] - device, memory, clock and lines: plain data
//! * [`backing`] - what a driver sees of it
//! * [`world`] - drivers on a machine
//! * `progress` - the loop that lets them run
//! * [`budget`] - how far a run may go
//! * `stage` - what a scenario is played on
//! * [`wait_graph`] - who waits for whom
//! * [`checkpoint`] - a world at rest, to come back to

pub mod backing;
pub mod budget;
pub mod checkpoint;
pub mod fault;
mod frame_table;
pub mod machine;
pub mod memory;
mod progress;
mod stage;
pub mod wait_graph;
pub mod world;

pub use crate::stage::limits::Limits;
pub use crate::stage::stop::Halt;
pub use budget::Budget;
pub use checkpoint::Checkpoint;
pub use stage::{InprocStage, OwnTask};
pub use world::{Ending, World, WorldSetup};
