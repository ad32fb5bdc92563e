//! The two kinds of slots.

use crate::runtime::Object;
use prm::Opcode;

/// Which slots a command can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Any of the regular ones.
    Regular,
    /// The one of MANAGE_PAGES.
    Page,
}

impl Lane {
    /// The lane of a command.
    pub(crate) fn of(opcode: Opcode) -> Self {
        if opcode == Opcode::ManagePages {
            Self::Page
        } else {
            Self::Regular
        }
    }

    /// What tasks on this lane contend for.
    pub(crate) const fn object(self) -> Object {
        match self {
            Self::Regular => Object::CommandSlots,
            Self::Page => Object::PageSlot,
        }
    }
}
