//! The driver's way to a device behind vfio-user sockets: one socket for each function, and memory that both sides have open.
//!
//! | what | where |
//! |---|---|
//! | the bus: which function is behind which socket, what all of them can reach | [`bus`](SocketBus) |
//! | one function: its client, its place in configuration space | `client` |
//! | the client's flag that says the opposite | `reset` |
//! | how long an answer may take | `patience` |
//! | memory as a file without a name | `window` |
//! | MSI-X vectors as eventfds | `vectors` |
//! | a device whose clock is the wall's | [`wall`](WallPort) |
//!
//! The messages are those of the `vfio_user` crate's client, which shares no code with the server. Three things about it have
//! to be known: what it says of a reset is the opposite of what the device says (`reset`); it takes an answer that refuses
//! something for one that does it, or waits for the rest of it (`patience`); its socket cannot be reached from outside.

mod bus;
mod client;
mod patience;
mod reset;
mod vectors;
mod wall;
mod window;

pub use bus::{Clock, Seats, SocketBus};
pub use vectors::Vectors;
pub use wall::WallPort;
