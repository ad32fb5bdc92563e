//! Driver and device in one process: host memory, interrupt lines and one virtual clock between them.
//!
//! * [`machine`] - device, memory, clock and lines: plain data
//! * [`backing`] - what a driver sees of it
//! * [`world`] - drivers on a machine
//! * `progress` - the loop that lets them run
//! * `stage` - what a scenario is played on
//! * [`wait_graph`] - who waits for whom
//! * [`checkpoint`] - a world at rest, to come back to

pub mod backing;
pub mod checkpoint;
pub mod machine;
mod progress;
mod stage;
pub mod wait_graph;
pub mod world;

pub use checkpoint::Checkpoint;
pub use stage::{InprocStage, OwnTask};
pub use world::{Ending, World, WorldSetup};
