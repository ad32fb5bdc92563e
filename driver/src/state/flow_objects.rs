//! Flow tables, groups and entries that exist in the device.

use prm::flow_table::FlowTableType;

/// A flow table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Table {
    pub(crate) kind: FlowTableType,
    pub(crate) id: u32,
}

/// A group in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Group {
    pub(crate) table: Table,
    pub(crate) id: u32,
}

/// An entry of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) table: Table,
    pub(crate) index: u32,
}
