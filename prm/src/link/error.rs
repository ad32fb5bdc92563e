//! Why an access of a driver did not happen.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A failed access to a device or to the memory it shares.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BusError {
    /// The function does not answer: it was pulled, or its server has gone.
    #[error("the function does not answer")]
    Gone,
    /// The function, or what is in between, refused this access.
    #[error("the access was refused")]
    Refused,
    /// There was no answer in time.
    #[error("there was no answer in time")]
    TimedOut,
}
