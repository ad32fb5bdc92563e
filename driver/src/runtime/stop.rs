//! Why tasks cannot go on.

use super::announcement::Surprise;
use thiserror::Error;

/// Why tasks cannot go on.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RunStop {
    /// A step did more than it had said.
    #[error(transparent)]
    Surprise(#[from] Surprise),
    /// A task was made again, was told what it had seen, and went another way.
    #[error("`{0}` cannot be made again: what it had seen leads another way now")]
    Strayed(String),
}
