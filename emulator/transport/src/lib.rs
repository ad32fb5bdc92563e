//! A vfio-user server: what a PCI device needs to be plugged into a virtual machine over a UNIX socket.
//!
//! It knows nothing of the device but the trait [`Device`], and the device nothing of the socket but the trait
//! [`Host`]. The protocol is that of the vfio-user specification (`docs/interop/vfio-user.rst` of QEMU).
//!
//! | where | what |
//! |---|---|
//! | [`protocol`] | header, commands, structures, limits |
//! | [`server`], [`listener`] | the socket in the file system, one client at a time |
//! | [`connection`], `request`, `version` | messages in, device, replies out; what each command does; the negotiation |
//! | [`device`] | the two traits |
//! | `dma`, `memory`, `remote_dma`, `patience` | client memory: maps, the files behind them, messages where there is no file; how long their answers are waited for |
//! | `irq`, `watchdog` | eventfds; the thread that frees writes to them |
//! | `link`, `message`, `descriptor`, `foreign` | the socket: bounded receiving, sending without blocking, descriptors and their close |
//!
//! # The peer is not trusted
//! Whoever may open the socket can send any bytes. They cannot make this panic, leak descriptors, or lose step with the
//! stream. What a client can make this hold is bounded, and so is the time that one call takes, with one exception, which
//! is the last but one of these:
//!
//! * A message is buffered whole in a buffer of fixed size and cut off by its size, whatever is wrong with it. One that
//!   is larger than any may be is refused and dropped as it comes. Only a size below that of a header ends the
//!   connection.
//! * Replies are sent without blocking. While the client does not take one, nothing more of it is processed. At most one
//!   reply and one DMA request are kept.
//! * One call processes at most [`connection::MESSAGES_PER_CALL`] messages.
//! * Descriptors are counted, typed (shared memory, eventfds for interrupts) and closed if nobody wants them, by a thread of its
//!   own where a close may take long (`foreign`).
//! * Maps, memory files and mapped bytes are bounded in number. Files in which touching a page could end the process
//!   are not mapped: those that could shrink, and those of huge pages.
//! * DMA accesses by message wait for a bounded time, all of one round together. While others want something, or may, it is
//!   one short time for all clients together (`patience`).
//! * Not bounded: where other files than shared memory are allowed, an access takes as long as its file system does.
//! * An eventfd is written only if there is room. A client that makes it blocking and fills it between the look and the
//!   write holds the write for some 20 ms, once: a thread of its own sees it last and makes room (`watchdog`), and the
//!   client is dropped.
//!
//! # Costs
//! A register access costs two system calls (`recvmsg`, `sendto`; the readiness call of an event loop comes on top)
//! and no heap allocation. A posted write costs one, or less: one receive takes everything that has arrived.

pub mod connection;
mod deadline;
mod descriptor;
pub mod device;
mod dma;
pub mod errno;
mod foreign;
mod host;
mod irq;
mod link;
pub mod listener;
mod memory;
mod message;
mod patience;
pub mod protocol;
mod remote_dma;
mod request;
pub mod server;
mod version;
mod watchdog;

pub use connection::{Connection, Progress};
pub use device::{Delivery, Device, DeviceInfo, DmaError, Host, IrqInfo, RegionInfo};
pub use errno::Errno;
pub use host::Traffic;
pub use link::Disconnect;
pub use listener::{ListenError, Listener};
pub use memory::MemoryPolicy;
pub use patience::Patience;
pub use server::Server;

/// Starts the threads that serve all connections of the process, which else come with the first that needs them: for
/// whoever wants no thread to be started later.
pub fn start_threads() {
    watchdog::start();
    foreign::start_closer();
}
