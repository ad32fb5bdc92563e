//! The BARs of a function.

/// A BAR with registers in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bar {
    /// BAR 0: the function's own window, with the MSI-X table and its pending bits.
    Own,
    /// BAR 2: the windows of its SFs.
    Scalable,
}
