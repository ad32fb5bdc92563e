//! Why a scenario has no result.

use super::control::ControlError;
use super::server::ServerError;
use driver_host::HostLost;
use std::io;

/// See the module's head.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// There is no server that will do.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server was lost, or what joins us with it was.
    #[error("the run was cut short: {0}")]
    Lost(String),
    /// It has refused messages that a run in this process would have seen carried out.
    #[error("the server has refused {0} messages of this run")]
    Refused(u64),
    /// This process has no memory to share.
    #[error("memory to share with the server: {0}")]
    Memory(#[from] io::Error),
}

impl From<ControlError> for SocketError {
    fn from(error: ControlError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<HostLost> for SocketError {
    fn from(lost: HostLost) -> Self {
        Self::Lost(lost.to_string())
    }
}
