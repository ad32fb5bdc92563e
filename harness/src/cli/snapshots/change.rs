//! A change that is asked about.

/// A snapshot that is not as it would be written now.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The snapshot's name.
    pub(super) name: String,
    pub(super) what: Changed,
}

/// What is different.
#[derive(Clone, Debug)]
pub(super) enum Changed {
    /// There is none.
    New { text: String },
    /// It says something else.
    Different { text: String, difference: String },
    /// It belongs to no run.
    Stale,
}
