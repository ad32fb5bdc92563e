//! Why the function is brought up.

/// Why the function is brought up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The driver was bound.
    Probe,
    /// It was told to load again.
    Reload,
    /// The device had failed.
    Recovery,
}
