//! What keeps a campaign from going on.

use std::path::PathBuf;
use thiserror::Error;

/// A reason why nothing can be said of mutants.
#[derive(Debug, Error)]
pub enum MutationError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The plan is not written as it should be.
    #[error("{path}: the plan is not as it should be: {cause}")]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: Box<toml::de::Error>,
    },
    /// A program cannot be started, or failed.
    #[error("`{program}` failed: {said}")]
    Program {
        /// Which.
        program: String,
        /// The end of what it said.
        said: String,
    },
    /// What cargo-mutants or cargo says is not what is known of them.
    #[error("`{program}` answers in another form: {cause}")]
    Answer {
        /// Which.
        program: String,
        /// What is wrong.
        cause: serde_json::Error,
    },
    /// A source is not Rust.
    #[error("{path}: this is not Rust: {cause}")]
    Source {
        /// Which.
        path: PathBuf,
        /// What the parser says.
        cause: syn::Error,
    },
    /// The copy does not build, and no mutant is to blame.
    #[error("the copy does not build, and no mutant is to blame:\n{said}")]
    Build {
        /// What the compiler says.
        said: String,
    },
    /// The tests fail without any mutant.
    #[error("`{program}` fails without any mutant:\n{said}")]
    Baseline {
        /// Which test.
        program: String,
        /// What it said.
        said: String,
    },
}

impl MutationError {
    /// A file that failed.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |cause| Self::File { path, cause }
    }
}
