//! The flow tables of the two modes, as far as they have been created.

use crate::state::flow_objects::{Entry, Group, Table};

/// What has been created (`struct legacy_fdb`).
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct LegacyFdb {
    pub(crate) table: Option<Table>,
    pub(crate) addresses: Option<Group>,
    pub(crate) all_multicast: Option<Group>,
    pub(crate) promiscuous: Option<Group>,
}

/// A chain's table with the group of its last two entries and the entry for a miss.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Chain {
    pub(crate) table: Table,
    pub(crate) group: Group,
    pub(crate) miss: Entry,
}

/// What has been created, in the order in which it goes.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Steering {
    pub(crate) offloads: Option<Table>,
    pub(crate) slow_path: Option<Table>,
    pub(crate) tc_miss: Option<Table>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) vport_tables: Vec<Table>,
    pub(crate) send_to_vport: Option<Group>,
    pub(crate) miss: Option<Group>,
    pub(crate) unicast_miss: Option<Entry>,
    pub(crate) multicast_miss: Option<Entry>,
    pub(crate) receive: Option<Group>,
    pub(crate) drop: Option<Group>,
    pub(crate) drop_rule: Option<Entry>,
}
