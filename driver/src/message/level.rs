//! How loud messages are.

use serde::{Deserialize, Serialize};

/// How loud a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum MessageLevel {
    /// `WARN_ON`, with a backtrace: the driver found itself to be wrong.
    Warn,
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// Information.
    Info,
}
