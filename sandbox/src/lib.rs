//! What a process gives up before it serves clients that it does not trust.
//!
//! | wall | with | what is left |
//! |---|---|---|
//! | files | Landlock | to remove files in folders that are named; what is open already |
//! | system calls | seccomp | the calls of [`calls`] |
//! | limits | `setrlimit` | a number of open files, and of bytes of memory of its own |
//!
//! Nothing here knows what is served. It is made for a process that has opened, made and bound everything before: from
//! then on it only takes clients, reads and writes their descriptors and maps their memory.
//!
//! # Two steps
//! [`Sandbox::confine_files`] holds for the thread that calls it and for those that it starts afterwards: Linux before
//! 7.0 has no way to confine the others. So it is called by the only thread, which then starts all that there will ever
//! be. [`confine_calls`] holds for all threads at once, and forbids to start more.
//!
//! # Where the kernel lacks a piece
//! Each step does what can be done, and returns what could not, so that it can be told. Nothing is refused.
//!
//! # What a violation is
//! A call that is not on the list fails with `EPERM`: a library that only tries something finds another way, and a
//! server that forgot one goes on. A call that no server makes by mistake, as `execve` or `socket`, ends the process at
//! once with `SIGSYS` ([`calls::FATAL`]).

pub mod calls;
mod filter;
mod limits;
mod piece;
mod reach;

pub use filter::confine_calls;
pub use piece::{Missing, Piece};

use std::path::PathBuf;

/// What is left to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// Folders in which files may be removed, as the process's own sockets at its end.
    pub folders: Vec<PathBuf>,
    /// How many files may be open at a time.
    pub open_files: u64,
    /// Bytes of memory of its own that the process may have: heap and stacks, and private pages that can be written. What
    /// is shared with clients is theirs, and is not counted.
    pub own_bytes: u64,
}

impl Sandbox {
    /// Sets the limits of the process, and confines the calling thread and those that it starts from now on to the
    /// folders. What could not be done is returned.
    #[must_use]
    pub fn confine_files(&self) -> Vec<Missing> {
        let limits = limits::set(self.open_files, self.own_bytes);
        let files = reach::confine(&self.folders).err();
        limits.into_iter().chain(files).collect()
    }
}
