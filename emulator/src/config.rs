//! What device to play: the device part of a scenario file.
//!
//! Every id, count and mode is data. Defaults are those of a compliant firmware on a plain PF, as the Linux
//! driver was observed to need it.

mod firmware_knobs;
mod model;

pub use firmware_knobs::*;
pub use model::{Identity, Model};

use prm::PageMode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One piece of silicon and its firmware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Hash)]
#[serde(deny_unknown_fields)]
pub struct DeviceConfig {
    /// Which kind of function the driver under test binds to.
    pub kind: DeviceKind,
    /// Which product it says it is: the ids that PCI shows, and more (`vm` and `serve`). Without it a ConnectX-6, or a BlueField-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// The vhca_id of that function.
    pub vhca_id: u16,
    /// How firmware offers to name page owners: the MAX capability `icm_mng_function_id_mode`.
    pub page_mode: PageMode,
    /// How many ICM pages firmware asks for, and when.
    #[serde(default)]
    pub demand: Demand,
    /// Link layer and network offloads.
    #[serde(default)]
    pub port: Port,
    /// Embedded switch rights of the function under test.
    #[serde(default)]
    pub eswitch: Eswitch,
    /// The PF's virtual functions, through SR-IOV (`vf1`, `vf2`, ...).
    #[serde(default)]
    pub vfs: VirtualFunctions,
    /// The ECPF's own virtual functions, through SR-IOV (`ec_vf1`, ...). ECPF only.
    #[serde(default)]
    pub ec_vfs: VirtualFunctions,
    /// The external host behind an ECPF, as QUERY_ESW_FUNCTIONS describes it.
    #[serde(default)]
    pub external_host: ExternalHost,
    /// A second host's PF on the same silicon (`pf2`): its driver supplies the pages of its own function, and has no part in the
    /// eswitch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_pf: Option<SecondPf>,
    /// Satellite PFs behind an ECPF (`spf1`, ...); needs the new QUERY_ESW_FUNCTIONS layout, which is
    /// offered as soon as one is named.
    #[serde(default)]
    pub satellite_pfs: Vec<SatellitePf>,
    /// Scalable functions (`sf1`, ...).
    #[serde(default)]
    pub sfs: ScalableFunctions,
    /// VFs that another eswitch delegates to this one (`adjacent_vf1`, ...).
    #[serde(default)]
    pub adjacent_vfs: Vec<AdjacentVf>,
    /// Time-outs that the device prescribes to its driver.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// In which ways a driver may end its function without giving its pages back.
    #[serde(default)]
    pub teardown: Teardown,
    /// Whether firmware can be reset with the consent of all hosts, and how functions are reset on their bus then.
    #[serde(default)]
    pub sync_reset: SyncReset,
    /// Behaviour that the interface leaves to firmware.
    #[serde(default)]
    pub firmware: FirmwareKnobs,
}

impl DeviceConfig {
    /// What it shows of itself.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        self.kind.identity(self.model)
    }
}

/// Resets of firmware that all hosts agree on: register MFRL, and events that ask for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncReset {
    /// There are none.
    #[default]
    None,
    /// Drivers unload; a function's bus would be reset by the bridge above it.
    HotReset,
    /// Drivers unload; a function's link would be switched off and on by the bridge above it.
    LinkToggle,
}

/// Ways to end a function in haste. Without one a driver unloads as always, also when its machine ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Teardown {
    /// Capability `fast_teardown`: TEARDOWN_HCA prepares, the interface register switches off.
    pub fast: bool,
    /// Capability `force_teardown`: TEARDOWN_HCA closes everything.
    pub force: bool,
}

/// Kind of the function under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A NIC's physical function (15b3:101b, where no model is named).
    Pf,
    /// A BlueField's embedded-CPU physical function (15b3:a2d6, where no model is named; init segment bit 23).
    Ecpf,
    /// A virtual function that is passed through alone (15b3:101c, where no model is named).
    Vf,
}

impl DeviceKind {
    /// What a device of this kind shows of itself: the model's, or that of a ConnectX-6, or of a BlueField-2 with its VFs as those of a
    /// ConnectX-6, where none is named.
    #[must_use]
    pub const fn identity(self, model: Option<Model>) -> Identity {
        match (model, self) {
            (Some(model), _) => model.identity(),
            (None, Self::Pf | Self::Vf) => Model::ConnectX6.identity(),
            (None, Self::Ecpf) => Identity {
                virtual_function: prm::function::VF_DEVICE,
                ..Model::BlueField2.identity()
            },
        }
    }
}

/// Demand for ICM pages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// Where run-time demand comes from.
    #[serde(default)]
    pub profile: DemandProfile,
    /// Boot pages in 4 KiB, the signed answer to QUERY_PAGES(boot). Negative values are a firmware fault.
    #[serde(default = "Demand::catalogue_boot")]
    pub boot: i32,
    /// Init pages in 4 KiB, the signed answer to QUERY_PAGES(init).
    #[serde(default = "Demand::catalogue_init")]
    pub init: i32,
}

impl Demand {
    const fn catalogue_boot() -> i32 {
        40
    }

    const fn catalogue_init() -> i32 {
        200
    }
}

impl Default for Demand {
    fn default() -> Self {
        Self {
            profile: DemandProfile::Catalogue,
            boot: Self::catalogue_boot(),
            init: Self::catalogue_init(),
        }
    }
}

/// Named sources of run-time demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DemandProfile {
    /// Only what the scenario asks for.
    #[default]
    Catalogue,
    /// Only what the recorded streams show: as `catalogue`, with the streams' boot and init counts given here.
    Trace,
    /// Demand follows what is created: functions enabled, SFs, EQs and objects, by the table in `demand`.
    Modelled,
}

/// Link layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Port {
    /// InfiniBand: no eswitch, no netdev.
    Infiniband,
    /// Ethernet without offloads: the driver builds no netdev. What page work needs.
    #[default]
    EthernetBare,
    /// Ethernet with the offload capabilities that switchdev needs.
    Ethernet,
}

/// Rights over the embedded switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Eswitch {
    /// Capability `eswitch_manager`.
    #[serde(default)]
    pub manager: bool,
    /// Capability `vport_group_manager`.
    #[serde(default)]
    pub vport_group_manager: bool,
    /// Capability `ecpf_vport_exists`: the eswitch has a vport 0xfffe for an ECPF.
    #[serde(default)]
    pub ecpf_vport_exists: bool,
    /// The vhca_id behind vport 0xfffe, where another function than the one under test is the ECPF.
    #[serde(default)]
    pub ecpf_vhca_id: Option<u16>,
}

/// A range of virtual functions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VirtualFunctions {
    /// TotalVFs of the SR-IOV capability.
    #[serde(default)]
    pub total: u16,
    /// vhca_id of the first; the others follow by one.
    #[serde(default)]
    pub first_vhca_id: u16,
    /// vhca_ids that do not follow, by function number (1 is the first). Two functions may share one here:
    /// that is a firmware fault a scenario may want.
    #[serde(default)]
    pub vhca_ids: BTreeMap<u16, u16>,
}

impl VirtualFunctions {
    /// The vhca_id of function `number` (from 1).
    #[must_use]
    pub fn vhca_id(&self, number: u16) -> u16 {
        let regular = self.first_vhca_id.wrapping_add(number.wrapping_sub(1));
        self.vhca_ids.get(&number).copied().unwrap_or(regular)
    }
}

/// The external host of an ECPF.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalHost {
    /// vhca_id of the host PF.
    #[serde(default)]
    pub pf_vhca_id: u16,
    /// The host's virtual functions (`host_vf1`, ...): `total` is host_total_vfs.
    #[serde(default)]
    pub vfs: VirtualFunctions,
    /// The host's scalable functions (`host_sf1`, ...), which the ECPF adds for it: what QUERY_HCA_CAP of the host's PF tells.
    #[serde(default, skip_serializing_if = "ScalableFunctions::is_none")]
    pub sfs: ScalableFunctions,
    /// host_num_of_vfs: how many of them the host has enabled at the start.
    #[serde(default)]
    pub enabled_vfs: u16,
}

/// The PF of a second host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondPf {
    /// Its vhca_id.
    pub vhca_id: u16,
}

/// A satellite PF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SatellitePf {
    /// Its vhca_id.
    pub vhca_id: u16,
}

/// Scalable functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScalableFunctions {
    /// Capability `max_num_sf`; 0 means no SF support.
    #[serde(default)]
    pub max: u16,
    /// Capability `sf_base_id`: the function id of the first.
    #[serde(default)]
    pub base_id: u16,
    /// vhca_id of the first; the others follow by one.
    #[serde(default)]
    pub first_vhca_id: u16,
}

impl ScalableFunctions {
    fn is_none(&self) -> bool {
        self.max == 0
    }
}

/// A delegated VF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjacentVf {
    /// Its vhca_id, known to the driver from QUERY_DELEGATED_VHCA before any vport exists.
    pub vhca_id: u16,
    /// The vport number that CREATE_ESW_VPORT answers.
    pub vport: u16,
}

/// Time-outs in milliseconds that the driver reads from the init segment and the DTOR register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Limit of one command (init segment 0xff8).
    pub command_ms: u32,
    /// Limit of startup reclaim without progress (DTOR `reclaim_pages`).
    pub reclaim_pages_ms: u32,
    /// Limit of a wait for a VF's pages (DTOR `reclaim_vfs_pages`).
    pub reclaim_vfs_pages_ms: u32,
    /// How long the driver waits, after a fatal error, for the function's interface to go off (DTOR `pcie_toggle`).
    pub pcie_toggle_ms: u32,
    /// How long the driver waits for a device that nobody reaches to be there again (DTOR `fw_reset`).
    pub firmware_reset_ms: u32,
}

impl Timeouts {
    /// Whether these are the driver's built-in values, so that the device need not announce any.
    #[must_use]
    pub fn are_driver_defaults(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            command_ms: 60_000,
            reclaim_pages_ms: 5_000,
            reclaim_vfs_pages_ms: 120_000,
            pcie_toggle_ms: 2_000,
            firmware_reset_ms: 60_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_model_devices_show_what_they_always_did() {
        let ids = |kind: DeviceKind| {
            let identity = kind.identity(None);
            (
                identity.physical,
                identity.virtual_function,
                identity.firmware_family,
            )
        };
        assert_eq!(ids(DeviceKind::Pf), (0x101b, 0x101c, 20));
        assert_eq!(ids(DeviceKind::Vf), (0x101b, 0x101c, 20));
        assert_eq!(ids(DeviceKind::Ecpf), (0xa2d6, 0x101c, 24));
    }
}
