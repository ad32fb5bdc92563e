//! What keeps the house from being read.

use std::path::PathBuf;
use thiserror::Error;

/// A reason why nothing can be said about the floors.
#[derive(Debug, Error)]
pub enum FloorsError {
    /// A file cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The floors are not written as they should be.
    #[error("{path}: {cause}")]
    Plan {
        /// The file of the floors.
        path: PathBuf,
        /// What is wrong.
        cause: Box<toml::de::Error>,
    },
    /// A source is not Rust.
    #[error("{path}:{line}: {cause}")]
    Source {
        /// Which.
        path: PathBuf,
        /// Where.
        line: usize,
        /// What the parser says.
        cause: syn::Error,
    },
    /// A module is declared, but there is no file of it.
    #[error("{path}: `mod {module}` has no file")]
    NoModule {
        /// Where it is declared.
        path: PathBuf,
        /// The module's name.
        module: String,
    },
    /// The document has no place for the picture.
    #[error("{path}: no lines `{begin}` and `{end}` to put the picture between")]
    NoFrame {
        /// The document.
        path: PathBuf,
        /// What the picture begins after.
        begin: &'static str,
        /// What it ends before.
        end: &'static str,
    },
}
