//! How a search goes.

/// What a search remembers, and what it leaves out since it comes to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// States that were there before are not gone on from again.
    pub visited: bool,
    /// Only the choices that are enough ([`System::enough`](crate::System::enough)): persistent sets.
    pub persistent: bool,
    /// Of two choices that touch nothing in common, one order only: sleep sets.
    pub sleep: bool,
    /// Standings are kept and gone back to. Without it every way is gone again from its beginning.
    pub remember: bool,
    /// Only ways with at most so many preemptions: an actor that could go on is left for another one.
    pub preemptions: Option<u32>,
    /// Only ways of at most so many choices.
    pub depth: Option<usize>,
}

impl Method {
    /// Everything that makes a search short.
    pub const SHORT: Self = Self {
        visited: true,
        persistent: true,
        sleep: true,
        remember: true,
        preemptions: None,
        depth: None,
    };

    /// Nothing: every way, to its end.
    pub const PLAIN: Self = Self {
        visited: false,
        persistent: false,
        sleep: false,
        remember: true,
        preemptions: None,
        depth: None,
    };
}
