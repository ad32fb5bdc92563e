//! The host of our drivers, without any device: memory and its books, planned faults, and how far a run may go.
//!
//! | where | what |
//! |---|---|
//! | [`memory`] | the host's memory, as drivers and device share it |
//! | [`fault`] | planned failures of the host's allocators and of the bus |
//! | [`wait_cycle`] | a closed chain of waits |
//! | [`holdings`] | what each driver has of memory, and accesses that should not have been |
//! | [`budget`], [`limits`], [`halt`] | how far a run may go, and why it stops |

pub mod budget;
pub mod fault;
mod frame_table;
pub mod halt;
pub mod holdings;
pub mod limits;
pub mod memory;
pub mod wait_cycle;

pub use budget::Budget;
pub use halt::Halt;
pub use holdings::{Account, Holdings, HostView, Stray, StrayKind};
pub use limits::{Exhausted, Limits};
pub use memory::HostMemory;
pub use wait_cycle::WaitCycle;
