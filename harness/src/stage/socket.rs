//! Our driver in this process, the device in another: vfio-user sockets, memory that both have open, eventfds.
//!
//! | where | what |
//! |---|---|
//! | [`backend`] | from a scenario to its result, over as many servers as it takes |
//! | [`error`] | why a scenario has no result |
//! | [`firmware`] | orders, records and books, over the control socket |
//! | [`process`], [`server`] | the server: a process of ours, or one that is there |
//! | [`control`] | its control socket: the device's clock, orders to firmware |
//! | [`machine`] | a device behind the sockets, as the machine of a world |
//! | [`room`] | how many functions need a socket |

pub mod backend;
pub mod control;
pub mod error;
pub mod firmware;
pub mod machine;
pub mod process;
pub mod room;
pub mod server;

pub use backend::{SocketBackend, Source};
pub use error::SocketError;
