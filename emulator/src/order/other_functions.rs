//! What is told of functions of others, and what of it changes.

use prm::Function;
use prm::subfunction::VhcaState;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Functions of other hosts came or went. Absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionsChanged {
    /// host_num_of_vfs from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_vfs: Option<u16>,
    /// What the external host's PF is from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_pf: Option<HostPfState>,
    /// The satellite PFs that there are from now on (`spf1`, ...). Pages of one that is gone go back as after a reset of
    /// it (`on_reset`); its vport stays until the eswitch manager destroys it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satellite_pfs: Option<BTreeSet<Function>>,
}

/// Another driver took or left a function: its state changes, and the event says so (type 0x0f), armed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VhcaStateOrder {
    /// Which function; one that has a function id.
    pub function: Function,
    /// Its state from now on. Absent: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<VhcaStateName>,
}

/// The states of [`VhcaState`], as files write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VhcaStateName {
    /// It does not exist.
    Invalid,
    /// It exists and is not enabled.
    Allocated,
    /// It is enabled; its driver may start.
    Active,
    /// Its driver runs.
    InUse,
    /// Its driver is asked to stop.
    TeardownRequest,
}

impl From<VhcaStateName> for VhcaState {
    fn from(name: VhcaStateName) -> Self {
        match name {
            VhcaStateName::Invalid => Self::Invalid,
            VhcaStateName::Allocated => Self::Allocated,
            VhcaStateName::Active => Self::Active,
            VhcaStateName::InUse => Self::InUse,
            VhcaStateName::TeardownRequest => Self::TeardownRequest,
        }
    }
}

/// What an eswitch manager is told of the external host's PF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostPfState {
    /// The host's driver has it.
    #[default]
    InUse,
    /// The host has no driver for it, as while it starts anew, nor for its SFs.
    Disabled,
}
