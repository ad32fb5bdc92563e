//! Why a guest cannot be used.

use device_server::ServeError;
use guest::machine::{AgentError, MonitorError, StartError};
use guest_protocol::Refusal;
use prm::Cycles;
use std::io;

/// Why there is no guest, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The device cannot be served.
    #[error("the device cannot be served: {0}")]
    Serve(#[from] ServeError),
    /// QEMU did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The guest cannot be talked to.
    #[error("{what}: {error}")]
    Agent {
        /// What was done.
        what: &'static str,
        /// What failed.
        error: AgentError,
    },
    /// QEMU's monitor does not take an order.
    #[error(transparent)]
    Monitor(#[from] MonitorError),
    /// A folder or a socket of this process failed.
    #[error("{what}: {error}")]
    Io {
        /// What was done.
        what: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// The guest has switched itself off, as a kernel does that panics.
    #[error("the guest is gone: {0}")]
    Gone(String),
    /// QEMU failed: whatever the guest did, it is not to blame.
    #[error("QEMU failed: {0}")]
    Qemu(String),
    /// Whoever runs this has ended it.
    #[error("interrupted")]
    Interrupted,
    /// The guest did not answer.
    #[error("the guest has not answered within {} s: {what}", limit.0 / 1_000_000_000)]
    Silent {
        /// What was asked.
        what: String,
        /// For how long.
        limit: Cycles,
    },
    /// The guest refused what every guest can do.
    #[error("the guest refused: {what}: {refusal}")]
    Refused {
        /// What was asked.
        what: String,
        /// Its answer.
        refusal: Refusal,
    },
}

impl GuestError {
    /// Whether this says nothing of the driver in the guest: the machine around it failed, or was ended.
    #[must_use]
    pub const fn is_of_the_machine(&self) -> bool {
        match self {
            Self::Serve(_)
            | Self::Start(_)
            | Self::Monitor(_)
            | Self::Io { .. }
            | Self::Qemu(_)
            | Self::Interrupted => true,
            Self::Agent { .. } | Self::Gone(_) | Self::Silent { .. } | Self::Refused { .. } => false,
        }
    }
}
