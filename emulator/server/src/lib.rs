//! One piece of silicon behind vfio-user sockets: every PCI function a socket, so that a virtual machine can plug them in
//! and an unmodified driver probes them.
//!
//! [`DeviceServer`] joins three things that do not know each other: the firmware of `emulator`, which has registers, DMA
//! and time; the vfio-user transport, which has messages; and the PCI configuration space in between, which is here.
//!
//! | what | where |
//! |---|---|
//! | sockets, the wait, orders, another silicon | [`server`](DeviceServer), `turn` |
//! | which PCI functions there are | [`topology`](Slot) |
//! | configuration space: header, capabilities, SR-IOV | `pci` |
//! | what an access or a reset does to silicon and functions | `card`, `register_window` |
//! | DMA and interrupts of a function through its client | `host_buses` |
//! | one function as the transport sees it | `session` |
//! | the wall clock | `clock` |
//! | failures that the server lives with | `complaints` |
//! | orders over a socket, from people and scripts | [`control`] |
//!
//! # One thread, no locks
//! All functions share one firmware, and every access to any of them changes or reads it. A thread for each socket would
//! take turns at one lock all the time, and the order of their turns would be the kernel's. Here everything happens in
//! [`DeviceServer::turn`]: it waits with `poll` for all sockets at once and for the next thing that firmware will do by
//! itself. Nothing in it blocks on a client, but for DMA by message, which the transport bounds. A runtime of asynchronous
//! tasks would add nothing: there is one task.
//!
//! # What a register access costs
//! Three system calls: `ppoll`, `recvmsg`, and `sendto` for the reply; the clock is read without one. A posted write needs no
//! reply, and messages that arrive together share a turn's `ppoll` and `recvmsg`. A control socket adds nothing while nobody
//! uses it.
//!
//! One turn allocates the set that it hands to `poll`, which borrows every descriptor and so cannot be kept, and the answer
//! about the caller's own descriptors if it has any. A register access allocates nothing beyond that; a test counts it. `serve`
//! adds the list of its own descriptors. The kernel looks at every socket of the set: a turn with 215 VFs costs more than one
//! with 3.
//!
//! # The peer is not trusted
//! A client can write any bytes to any offset of any region. What it can reach is bounded: configuration space by its write
//! mask, registers by what firmware accepts (and records), a read of a BAR to 4096 bytes and a write to 64, one message by the
//! transport's limits. [`DeviceServer`] keeps records until they are taken; who runs it takes them after every turn.

mod card;
mod clock;
mod complaints;
pub mod control;
mod counters;
mod error;
mod host_buses;
mod options;
mod pci;
mod register_window;
mod server;
mod session;
mod topology;
mod turn;

pub use counters::{FunctionCounters, ServerCounters};
pub use error::ServeError;
pub use options::ServerOptions;
pub use server::DeviceServer;
pub use topology::Slot;
