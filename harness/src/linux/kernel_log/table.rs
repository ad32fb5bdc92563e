//! What the driver never prints: texts of a kernel's that are no message of ours.
//!
//! The first row that fits counts: what is harmless, then effects. The driver's own texts come before both.

mod effects;
mod harmless;

pub(super) use effects::EFFECTS;
pub(super) use harmless::HARMLESS;

/// A text and what it says.
pub(super) struct Row {
    pub(super) pattern: &'static str,
    pub(super) says: Says,
}

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// What comes of something that went wrong before and is compared by itself. Without such a cause nobody can tell why it is
    /// said.
    Effect,
    /// Nothing that our driver's work with pages would have to do with.
    Nothing,
}

const fn effect(pattern: &'static str) -> Row {
    Row {
        pattern,
        says: Says::Effect,
    }
}

const fn nothing(pattern: &'static str) -> Row {
    Row {
        pattern,
        says: Says::Nothing,
    }
}
