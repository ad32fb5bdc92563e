//! What keeps the project from being read.

use std::path::PathBuf;
use thiserror::Error;

/// A reason why nothing can be said.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// A file or folder cannot be read.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A source is not Rust.
    #[error("{path}:{line}: this is not Rust: {cause}")]
    Source {
        /// Which.
        path: String,
        /// Where.
        line: usize,
        /// What the parser says.
        cause: syn::Error,
    },
    /// A scenario is not JSON.
    #[error("{path}: the scenario is not JSON: {cause}")]
    Scenario {
        /// Which.
        path: String,
        /// What is wrong.
        cause: serde_json::Error,
    },
    /// The reasons are not written as they should be.
    #[error("{path}: the reasons are not as they should be: {cause}")]
    Reasons {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: Box<toml::de::Error>,
    },
}
