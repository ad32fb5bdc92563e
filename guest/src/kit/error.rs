//! Why there is no kit, and what to do about it.

use std::io;
use std::path::PathBuf;

/// What can go wrong with the kit.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// A part is not there.
    #[error("{what} is not there")]
    Missing {
        /// The part.
        what: String,
        /// What to do.
        help: String,
    },
    /// A part is not what was fetched.
    #[error("the kit's {part} is damaged: {damage}")]
    Damaged {
        /// The part.
        part: String,
        /// What is wrong with it.
        damage: String,
    },
    /// A part is there but cannot serve.
    #[error("{what}")]
    Unfit {
        /// The part and what it lacks.
        what: String,
        /// What to do.
        help: String,
    },
    /// apt could not bring what is needed.
    #[error("the packages cannot be fetched: {text}")]
    Fetch {
        /// What apt said.
        text: String,
    },
    /// Another program failed.
    #[error("{program} failed: {text}")]
    Program {
        /// Its name.
        program: String,
        /// What it said.
        text: String,
    },
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl KitError {
    /// What the user can do.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Missing { help, .. } | Self::Unfit { help, .. } => Some(help),
            Self::Damaged { .. } => Some("`mlx5-cosim setup` fetches it again"),
            Self::Fetch { .. } => Some(
                "apt goes through this machine's own sources and proxies; what has arrived is kept, so \
                 `mlx5-cosim setup` goes on where it was",
            ),
            Self::Program { .. } | Self::File { .. } => None,
        }
    }

    /// For `map_err`: the failure of something done to `path`.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
