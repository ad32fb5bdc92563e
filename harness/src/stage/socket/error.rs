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

impl SocketError {
    /// Why a run has no result, if it has none: how it ended, and what has gone wrong first between driver and device, which says
    /// more.
    pub(crate) fn of<T, E: std::fmt::Display>(ended: Result<T, E>, trouble: Option<&str>) -> Option<Self> {
        let why = match (ended, trouble) {
            (Ok(_), None) => return None,
            (Err(error), None) => error.to_string(),
            (_, Some(trouble)) => trouble.to_owned(),
        };
        Some(Self::Lost(why))
    }

    /// With how the server has ended, if it has.
    pub(crate) fn with(self, end: Option<impl std::fmt::Display>) -> Self {
        match (self, end) {
            (Self::Lost(why), Some(end)) => Self::Lost(format!("{why}; {end}")),
            (error, _) => error,
        }
    }
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
