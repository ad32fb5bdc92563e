//! What a server allows its clients, whose time it lives in, and what its hosts see of the device.

use device_pci::Layout;
use emulator::PageUse;
use transport::MemoryPolicy;

/// What a server allows its clients, whose time it lives in, and what its hosts see of the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerOptions {
    /// Which files a client may have as its memory.
    pub memory: MemoryPolicy,
    /// Whose time the device lives in.
    pub clock: ClockKind,
    /// Which PCI functions there are.
    pub layout: Layout,
    /// Which of the pages that it holds firmware writes to.
    pub page_use: PageUse,
}

/// Whose time a device lives in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClockKind {
    /// That of its clients, which live in real time: what is due is done when it is due.
    #[default]
    Wall,
    /// That of somebody who plays it. The clock stands, and is moved by
    /// [`DeviceServer::time`](crate::DeviceServer::time) alone: only then is done what is due. Nothing else of the device
    /// happens but by register accesses, resets and orders, each of them done to its end at once.
    Virtual,
}
