//! A running machine: the command line that plugs served functions into QEMU, the process, the program that serves
//! orders in it.
//!
//! * [`command_line`] - from kit, initramfs and sockets to QEMU's arguments
//! * [`process`] - QEMU as a child that does not outlive this process
//! * [`agent`] - orders to the guest and what comes back, over its second serial port

pub mod agent;
pub mod command_line;
pub mod process;

pub use agent::{Agent, AgentError};
pub use command_line::{CommandLine, Console, PluggedFunction, root_port_option};
pub use process::{Process, StartError};
