//! A running machine: the command line that plugs served functions into QEMU, the process, the program that serves
//! orders in it.
//!
//! * [`command_line`] - from kit, initramfs and sockets to QEMU's arguments, for the kernel's own driver
//! * [`driver_machine`] - the same for a program that drives the functions itself
//! * [`board`] - what both have
//! * [`virtio_port`] - channels between programs and the host
//! * [`shared_folder`] - folders of the host
//! * [`parent`] - the thread that starts it
//! * [`process`] - QEMU as a child that does not outlive this process
//! * [`monitor`] - orders to QEMU itself
//! * [`agent`] - orders to the guest and what comes back, over its second serial port

pub mod agent;
pub mod board;
pub mod command_line;
pub mod driver_machine;
pub mod monitor;
pub mod parent;
pub mod process;
pub mod shared_folder;
pub mod virtio_port;

pub use agent::{Agent, AgentError};
pub use board::{Accelerator, Console};
pub use command_line::{CommandLine, Fittings, PORT_ADDRESS, PluggedFunction, root_port_option};
pub use driver_machine::DriverMachine;
pub use monitor::{Monitor, MonitorError, PortError};
pub use process::{Process, StartError};
pub use shared_folder::SharedFolder;
pub use virtio_port::VirtioPort;
