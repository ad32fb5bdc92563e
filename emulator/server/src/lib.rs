//! One piece of silicon behind vfio-user sockets: every PCI function a socket, so that a virtual machine can plug them in
//! and an unmodified driver probes them.
//!
//! [`DeviceServer`] joins three things that do not know each other: the firmware of `emulator`, which has registers, DMA
//! and time; the vfio-user transport, which has messages; and the PCI functions of [`device_pci`] in between.
//!
//! | what | where |
//! |---|---|
//! | turns, orders, another silicon | [`server`](DeviceServer) |
//! | turns with a control socket beside | [`service`](Service) |
//! | the wait for all sockets at once | `poller` |
//! | the sockets, and what there is to do about them | `port` |
//! | which PCI functions there are, configuration space, register windows | [`device_pci`] |
//! | a function and its socket | [`slot`](Slot) |
//! | what an access or a reset does to silicon and functions | `card` |
//! | DMA and interrupts of a function through its client | `host_buses` |
//! | one function as the transport sees it | `session` |
//! | the wall clock, and one that somebody moves | `clock` |
//! | what came of time that was moved | `effects` |
//! | failures that the server lives with | `complaints` |
//! | orders over a socket, from people and scripts | [`control`] |
//!
//! # One thread, no locks
//! All functions share one firmware, and every access to any of them changes or reads it. A thread for each socket would
//! take turns at one lock all the time, and the order of their turns would be the kernel's. Here everything happens in
//! [`DeviceServer::turn`]: it waits with one level-triggered `epoll` for all sockets at once and for the next thing that firmware
//! will do by itself. Nothing in it blocks on a client, but for DMA by message, which the transport bounds. A runtime of
//! asynchronous tasks would add nothing but a system call: there is one task (`docs/decisions/0004-event-loop.md`).
//!
//! # What a register access costs
//! Three system calls: `epoll_pwait`, `recvmsg`, and `sendto` for the reply; one look at the clock, which is no system call; no
//! allocation; and nothing that depends on how many functions there are, since only those are looked at that something was done
//! with. A test counts all of it. A posted write needs no reply, and messages that arrive together share a turn's wait and
//! receive. A control socket adds nothing while nobody uses it, and a caller's own descriptors neither.
//!
//! The clock is read a second time where a command's latency runs, to know how long to wait, and after work with memory or
//! interrupts of a client, which may take long.
//!
//! # The peer is not trusted
//! A client can write any bytes to any offset of any region. What it can reach is bounded: configuration space by its write
//! mask, registers by what firmware accepts (and records), a read of a BAR to 4096 bytes and a write to 64, one message by the
//! transport's limits. A VF that no PF has enabled has no doorbells. Firmware works for 4 ms of a round, in portions that take
//! turns between the functions ([`emulator::Pace`]), so that no doorbell keeps others waiting. Answers to DMA messages have one
//! patience for all clients ([`transport::Patience`]). [`DeviceServer`] keeps records until they are taken; who runs it takes them after every turn.

mod card;
mod clock;
mod complaints;
pub mod control;
mod counters;
mod effects;
mod error;
mod host_buses;
mod options;
mod poller;
mod port;
mod server;
mod service;
mod session;
mod slot;

pub use counters::{FunctionCounters, ServerCounters};
pub use device_pci::Layout;
pub use error::{ServeError, WallClock};
pub use options::{ClockKind, ServerOptions};
pub use poller::{Called, Watch};
pub use server::DeviceServer;
pub use service::Service;
pub use slot::Slot;
