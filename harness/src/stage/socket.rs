//! Our driver in this process, the device in another: vfio-user sockets, memory that both have open, eventfds.
//!
//! | where | what |
//! |---|---|
//! | `process`, [`server`] | the server: a process of ours, or one that is there |
//! | [`control`] | its control socket: the device's clock, orders to firmware |
//! | [`machine`] | a device behind the sockets, as the machine of a world |
//! | [`room`] | how many functions need a socket |

pub mod control;
pub mod machine;
pub mod process;
pub mod room;
pub mod server;
