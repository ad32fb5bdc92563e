//! What each operation does, by topic.

pub(crate) mod adapter;
pub(crate) mod capability;
pub(crate) mod component;
pub(crate) mod eswitch;
pub(crate) mod event_queue;
pub(crate) mod flow_table;
pub(crate) mod function;
pub(crate) mod pages;
pub(crate) mod resource;
pub(crate) mod subfunction;
pub(crate) mod vport;
