//! The host of our drivers, without any device: memory and its books, planned faults, the drivers with the loop that lets
//! them run, and how far a run may go.
//!
//! | where | what |
//! |---|---|
//! | [`hosting`], [`look`] | what whoever plays a scenario asks of drivers, wherever they are, and what it is shown |
//! | [`orders`] | the same as plain data, for drivers in a guest |
//! | [`setup`] | what a world is made of |
//! | [`world`], `progress`, `showing`, `shown` | drivers on a machine, and the loop that lets them run |
//! | [`policy`], [`name`] | what happens next, and what it is called |
//! | [`walk`] | a world that somebody walks through step by step |
//! | [`standing`] | a world where it stands, to come back to |
//! | [`activity`], [`recorder`] | what the drivers' tasks did, and when, where somebody wants to know |
//! | `wait_graph`, [`wait_cycle`] | who waits for whom, and a closed chain of waits |
//! | `backing` | what a driver sees of a machine |
//! | [`machine`] | what a world needs of a device, its memory and its clock |
//! | [`remote`] | a machine whose device is elsewhere: behind sockets, or on the bus of a guest |
//! | [`memory`] | the host's memory, as drivers and device share it |
//! | [`vectors`] | interrupt vectors of a device in this process |
//! | [`frames`], [`frame_table`] | 4 KiB of it: what a world needs of them, and those of this process |
//! | [`fault`] | planned failures of the host's allocators and of the bus |
//! | [`holdings`] | what each driver has of memory, and accesses that should not have been |
//! | [`budget`], [`limits`], [`halt`] | how far a run may go, and why it stops |

pub mod activity;
mod backing;
pub mod budget;
pub mod fault;
pub mod frame_table;
pub mod frames;
pub mod halt;
pub mod holdings;
pub mod hosting;
pub mod limits;
pub mod look;
pub mod machine;
pub mod memory;
pub mod name;
mod next_kernel;
pub mod orders;
pub mod policy;
mod progress;
pub mod recorder;
pub mod remote;
pub mod setup;
mod showing;
mod shown;
pub mod standing;
mod succession;
pub mod vectors;
pub mod wait_cycle;
mod wait_graph;
pub mod walk;
pub mod world;

pub use activity::Activity;
pub use budget::Budget;
pub use frame_table::FrameTable;
pub use frames::{FrameUse, Frames};
pub use halt::Halt;
pub use holdings::{Account, Holdings, HostView, MappedRange, ShownMemory, Stray, StrayKind};
pub use hosting::{HostLost, HostStop, Hosting};
pub use limits::{Exhausted, Limits};
pub use look::{DriverLook, EndedOperation, HostClosing, HostLook};
pub use machine::{Acts, Machine};
pub use memory::HostMemory;
pub use name::{ActName, Name, NoAct};
pub use policy::{Schedule, ScheduleMismatch};
pub use setup::WorldSetup;
pub use standing::Standing;
pub use vectors::Vectors;
pub use wait_cycle::WaitCycle;
pub use walk::{Possible, Walk};
pub use world::{Ending, World};
