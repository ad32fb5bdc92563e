//! The network device.

use super::flow_objects::{Entry, Group, Table};
use prm::Opcode;

/// The network device's part of the driver's state.
#[derive(Clone, Debug, Default, Hash)]
pub struct NetdevState {
    /// The table where packets begin that nobody steers.
    pub(crate) root: Option<Table>,
    /// What firmware numbered, in the order of creation.
    pub(crate) objects: Vec<Created>,
    /// Flow tables in the order of creation.
    pub(crate) chains: Vec<Chain>,
}

/// An object, by what destroys it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Created {
    pub(crate) destroy: Opcode,
    pub(crate) id: u32,
}

/// A table with its groups and entries.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Chain {
    pub(crate) table: Table,
    pub(crate) groups: Vec<Group>,
    pub(crate) entries: Vec<Entry>,
}
