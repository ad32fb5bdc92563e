//! Why a device cannot be served.

use device_pci::TooManyFunctions;
use emulator::ConfigError;
use std::io;
use transport::ListenError;

/// Why a device cannot be served, or not in the place of another.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The description contradicts itself.
    #[error("device description: {0}")]
    Config(#[from] ConfigError),
    /// A socket could not be made.
    #[error("socket: {0}")]
    Listen(#[from] ListenError),
    /// The sockets cannot be watched.
    #[error("watching the sockets: {0}")]
    System(#[from] io::Error),
    /// VFs follow their PF on its bus.
    #[error(transparent)]
    TooManyFunctions(#[from] TooManyFunctions),
    /// Clients have sized the BARs and read the identity of another device.
    #[error("the other device differs in {0}, which clients have seen already")]
    OtherTopology(&'static str),
}

/// The clock is the wall clock, and somebody wants to move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device lives by the wall clock, which nobody can move: serve it with virtual time")]
pub struct WallClock;
