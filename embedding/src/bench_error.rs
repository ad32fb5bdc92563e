//! Why a bench does not do what it was asked to.

use driver::{Errno, HostOperation};
use driver_host::{Exhausted, Halt};
use emulator::{ConfigError, OrderError};
use prm::Function;
use std::fmt;
use thiserror::Error;

/// See the module's head. Whatever it is, what there is of the run can be looked at, and goes on.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The description of the device contradicts itself.
    #[error("device description: {0}")]
    Device(#[from] ConfigError),
    /// It is no description: the text is no JSON, or says what there is not.
    #[error("device description: {0}")]
    Json(#[from] serde_json::Error),
    /// No driver can bind to the function: the device does not have it, or it has no register window.
    #[error("{0} has no interface of its own")]
    NoInterface(Function),
    /// Firmware or its gate cannot carry the order out. Nothing has happened.
    #[error("firmware does not carry out the order: {0}")]
    Order(#[from] OrderError),
    /// The operation has ended, and has failed.
    #[error("{operation} at {function} has failed: {}", InWords(.errno))]
    Failed {
        /// Which, by its word.
        operation: &'static str,
        /// Whose.
        function: Function,
        /// What the driver returned.
        errno: Errno,
    },
    /// The operation does not end: nothing is left that could wake anybody, or it has gone as far as it may.
    #[error("{operation} at {function} does not end: {}", told(.limit.as_ref(), .waits))]
    Stuck {
        /// Which, by its word.
        operation: &'static str,
        /// Whose.
        function: Function,
        /// The limit that was reached; none where everybody waits for good.
        limit: Option<Exhausted>,
        /// Who waits for what, in words; what firmware has of commands, and what keeps each.
        waits: Vec<String>,
    },
    /// What was asked for went on for too long, or did what it had not announced.
    #[error("stopped: {}", told(Some(.halt), .waits))]
    Halted {
        /// Why.
        #[source]
        halt: Halt,
        /// As of [`Self::Stuck`].
        waits: Vec<String>,
    },
}

impl BenchError {
    /// The error of an operation that returned something else than 0.
    pub(crate) fn failed(operation: HostOperation, function: Function, errno: Errno) -> Self {
        Self::Failed {
            operation: operation.word(),
            function,
            errno,
        }
    }
}

/// Why something was stopped, and who waits for what, in one line.
fn told(why: Option<&impl ToString>, waits: &[String]) -> String {
    let why = why.map(ToString::to_string);
    let parts: Vec<String> = why.into_iter().chain(waits.iter().cloned()).collect();
    parts.join("; ")
}

/// An error number by its symbol, where it has one.
struct InWords<'a>(&'a Errno);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.symbol() {
            Some(symbol) => write!(f, "-{symbol}"),
            None => self.0.0.fmt(f),
        }
    }
}
