//! What the kernel does not have, and why.

use std::fmt;

/// A piece of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// Landlock: which files can be reached.
    Files,
    /// seccomp: which system calls can be made.
    Calls,
    /// The limit of open files.
    OpenFiles,
    /// The limit of memory.
    Memory,
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "files (Landlock)",
            Self::Calls => "system calls (seccomp)",
            Self::OpenFiles => "the number of open files",
            Self::Memory => "memory",
        })
    }
}

/// A piece that is not in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not confined: {piece}: {why}")]
pub struct Missing {
    /// Which one.
    pub piece: Piece,
    /// What the system says.
    pub why: String,
}

impl Missing {
    pub(crate) fn of<E: fmt::Display>(piece: Piece) -> impl FnOnce(E) -> Self {
        move |why| Self {
            piece,
            why: why.to_string(),
        }
    }
}
