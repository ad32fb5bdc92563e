//! A row of the table.

/// A text and what it says.
pub(in crate::stage::linux::kernel_log) struct Row {
    pub(in crate::stage::linux::kernel_log) pattern: &'static str,
    pub(in crate::stage::linux::kernel_log) says: Says,
}

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stage::linux::kernel_log) enum Says {
    /// What comes of something that went wrong before and is compared by itself. Without such a cause nobody can tell why it is
    /// said.
    Effect,
    /// Nothing that our driver's work with pages would have to do with.
    Nothing,
}

pub(super) const fn effect(pattern: &'static str) -> Row {
    Row {
        pattern,
        says: Says::Effect,
    }
}

pub(super) const fn nothing(pattern: &'static str) -> Row {
    Row {
        pattern,
        says: Says::Nothing,
    }
}
