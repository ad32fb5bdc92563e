//! Why something is no patch.

use std::io;
use std::path::PathBuf;

/// Why something is no patch.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// A file cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file is larger than any patch.
    #[error("{}: larger than {limit} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// There is no diff in any of it.
    #[error("{}: there is no patch in it", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
    },
    /// A diff is not whole.
    #[error("{}{}: {what}", path.display(), line.map_or_else(String::new, |line| format!(":{line}")))]
    Broken {
        /// The file with the patch.
        path: PathBuf,
        /// The line in that file, from 1; unknown in what was encoded.
        line: Option<usize>,
        /// The subject of the patch, if it has one.
        subject: Option<String>,
        /// What is wrong.
        what: String,
        /// The text around it, as it is in the patch.
        excerpt: String,
    },
}

/// Why a diff is not whole: the line of its text, from 1, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl PatchError {
    /// What the user can do.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable { .. } => None,
            Self::TooLarge { .. } => Some("give the patch itself, not an archive of a list"),
            Self::Empty { .. } => Some(
                "an mbox, files or a folder of `git format-patch` or `b4 am`, or a diff: what is wanted has lines \
                 that begin with ---, +++ and @@",
            ),
            Self::Broken { .. } => Some(
                "a mail program may have wrapped lines or changed blanks; take the raw message, as `b4 am` does",
            ),
        }
    }
}
