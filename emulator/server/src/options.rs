//! What a server allows its clients.

use transport::MemoryPolicy;

/// What a server allows its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerOptions {
    /// Which files a client may have as its memory.
    pub memory: MemoryPolicy,
}
