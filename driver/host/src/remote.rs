//! A device that is elsewhere: behind sockets, or on the bus of a guest.
//!
//! | what | where |
//! |---|---|
//! | what a bus does for a host: registers, memory, interrupts | [`bus`](RemoteBus) |
//! | the device's clock | [`port`](TimePort) |
//! | a machine on both | [`machine`](RemoteMachine) |
//! | frames in memory that is shared with the device | [`frames`](MappedFrames) |
//! | where a function's registers lie | [`seat`](Seat) |
//! | which interrupts reach a driver | `edges` |
//! | the bus as machine and frames share it | `line` |

mod bus;
mod edges;
mod frames;
mod line;
mod machine;
mod port;
mod seat;
#[cfg(test)]
mod tests;

pub use bus::RemoteBus;
pub use frames::MappedFrames;
pub use machine::RemoteMachine;
pub use port::TimePort;
pub use seat::{Bar, Seat};
