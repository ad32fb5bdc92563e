//! What of a file stays when its firmware is drawn: the device, the host, the first steps, and what its host does at all.

use crate::scenario::{
    Action, ByRevision, End, GateStep, HostConfig, HostStep, Reachability, ScenarioFile, Step,
};
use driver::HostOperation;
use emulator::config::{DeviceConfig, DeviceKind, Port, Timeouts};
use emulator::order::FirmwareOrder;
use prm::{EswitchMode, Function};
use std::collections::BTreeSet;

/// Limits of the drawn device, on the wall clock: nothing that is drawn comes near them, and a wait in vain is short.
pub const TIMEOUTS: Timeouts = Timeouts {
    command_ms: 6_000,
    reclaim_pages_ms: 1_500,
    reclaim_vfs_pages_ms: 3_000,
    pcie_toggle_ms: 2_000,
    firmware_reset_ms: 6_000,
};

/// Why no firmware can be drawn for a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// It stops a driver, or makes its allocations fail.
    #[error(
        "it is a white-box scenario: what is drawn is firmware's, and nobody stops the driver between two of its own steps"
    )]
    WhiteBox,
}

/// See the module's head.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The file, without what is drawn anew.
    pub base: ScenarioFile,
    /// Its first steps: operations of the host, one after another.
    pub first: Vec<HostOperation>,
    /// What its host does at all.
    pub operations: BTreeSet<Kind>,
    /// Firmware tells in it of the external host's VFs.
    pub announces_vfs: bool,
    /// What is drawn at all.
    pub reach: Reach,
}

/// How far a drawing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Moves that a kernel can be told within seconds, on the wall clock.
    Kernel,
    /// Beside these, drivers on other functions, scalable functions, refusals, allocations that fail.
    Everything,
    /// The same, without what is known to break a rule of the catalogue: nothing may be found.
    Clean,
}

/// Operations of the host that are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Load after an unload, and the other way round.
    Life,
    /// `devlink dev reload`.
    Reload,
    /// SR-IOV on and off.
    Vfs,
    /// The mode of the embedded switch.
    Mode,
    /// Drivers on other functions, and scalable functions.
    Functions,
}

impl Frame {
    /// The frame that a file is.
    ///
    /// # Errors
    /// [`FrameError`].
    pub fn of(file: &ScenarioFile) -> Result<Self, FrameError> {
        if file.reachability == Reachability::WhiteBox {
            return Err(FrameError::WhiteBox);
        }
        let operation = |step: &Step| match (step.background, &step.host) {
            (false, Some(HostStep::Operation(operation))) => Some(*operation),
            _ => None,
        };
        let first = file.steps.iter().map_while(operation).filter(is_drawn);
        let anywhere = file.steps.iter().filter_map(|step| match &step.host {
            Some(HostStep::Operation(operation)) => Some(*operation),
            _ => None,
        });
        let announces = |step: &Step| matches!(step.firmware, Some(FirmwareOrder::FunctionsChanged(_)));
        let mut base = file.clone();
        base.device.timeouts = TIMEOUTS;
        base.steps.clear();
        base.schema = None;
        base.linux_outcomes.clear();
        Ok(Self {
            first: first.collect(),
            operations: anywhere.filter_map(kind).collect(),
            announces_vfs: file.steps.iter().any(announces),
            reach: Reach::Kernel,
            base,
        })
    }

    /// A frame without any file: this device, and everything that its host can do.
    #[must_use]
    pub fn around(device: DeviceConfig, reachability: Reachability, reach: Reach) -> Self {
        let announces_vfs = device.kind == DeviceKind::Ecpf && device.external_host.vfs.total > 0;
        let mut operations = BTreeSet::from([Kind::Life, Kind::Reload, Kind::Vfs, Kind::Functions]);
        if device.eswitch.manager && device.port == Port::Ethernet {
            operations.insert(Kind::Mode);
        }
        Self {
            base: ScenarioFile {
                schema: None,
                name: "swarm".to_owned(),
                row: "swarm".to_owned(),
                concern: String::new(),
                why: String::new(),
                reachability,
                device: DeviceConfig {
                    timeouts: TIMEOUTS,
                    ..device
                },
                host: HostConfig::default(),
                schedule_matters: true,
                steps: Vec::new(),
                expect: ByRevision::<End>::default(),
                linux_outcomes: Vec::new(),
            },
            first: vec![HostOperation::Load],
            operations,
            announces_vfs,
            reach,
        }
    }

    /// More than a kernel can be told is drawn.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.reach != Reach::Kernel
    }

    /// What is known to break a rule is left out.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.reach == Reach::Clean
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &DeviceConfig {
        &self.base.device
    }

    /// Whether firmware may do what the interface does not foresee.
    #[must_use]
    pub fn allows_quirks(&self) -> bool {
        self.base.reachability == Reachability::FirmwareQuirk
    }

    /// The kernel's network device waits for its own commands without end: some are let be.
    #[must_use]
    pub fn has_netdev(&self) -> bool {
        self.device().port != Port::EthernetBare
    }

    /// The function under test.
    #[must_use]
    pub const fn main_function(&self) -> Function {
        main_function(self.device())
    }
}

/// The function that a device's driver is bound to.
#[must_use]
pub const fn main_function(device: &DeviceConfig) -> Function {
    match device.kind {
        DeviceKind::Pf => Function::Pf,
        DeviceKind::Ecpf => Function::Ecpf,
        DeviceKind::Vf => Function::Vf(1),
    }
}

fn is_drawn(operation: &HostOperation) -> bool {
    kind(*operation).is_some()
}

/// The driver comes or goes.
pub(super) fn is_life(operation: HostOperation) -> bool {
    matches!(kind(operation), Some(Kind::Life | Kind::Reload))
}

const fn kind(operation: HostOperation) -> Option<Kind> {
    Some(match operation {
        HostOperation::Load | HostOperation::Unload => Kind::Life,
        HostOperation::Reload => Kind::Reload,
        HostOperation::EnableVfs(_) | HostOperation::DisableVfs => Kind::Vfs,
        HostOperation::SetEswitchMode(EswitchMode::Legacy | EswitchMode::Switchdev) => Kind::Mode,
        _ => return None,
    })
}

/// Firmware's orders and the gate's in a scenario: what a finding is made of, beside the host's operations.
#[must_use]
pub fn orders(file: &ScenarioFile) -> usize {
    let is_order = |step: &&Step| match step.action() {
        Some(Action::Firmware(_)) => true,
        Some(Action::Gate(gate)) => !matches!(gate, GateStep::WaitHeld { .. }),
        _ => false,
    };
    file.steps.iter().filter(is_order).count()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A PF with three VFs, of a file that does all that is drawn on it.
    pub(in crate::swarm) fn frame(reachability: &str) -> Frame {
        let file = json!({
            "name": "a", "row": "1", "concern": "c", "why": "w", "reachability": reachability,
            "device": { "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
                "eswitch": { "manager": true, "vport_group_manager": true },
                "vfs": { "total": 3, "first_vhca_id": 16 } },
            "steps": [
                { "host": "load" },
                { "firmware": { "request_pages": { "function": "vf1", "pages": 4 } } },
                { "host": { "enable_vfs": 2 } }, { "host": "reload" }, { "host": "unload" },
            ],
            "expect": { "merged": {} },
        });
        Frame::of(&serde_json::from_value(file).unwrap()).unwrap()
    }

    #[test]
    fn the_first_operations_stay_and_the_others_are_what_is_drawn_from() {
        let frame = frame("compliant_firmware");
        assert_eq!(frame.first, [HostOperation::Load]);
        let kinds = BTreeSet::from([Kind::Life, Kind::Reload, Kind::Vfs]);
        assert_eq!(frame.operations, kinds);
        assert!(frame.base.steps.is_empty() && !frame.allows_quirks());
    }

    #[test]
    fn a_white_box_is_no_frame() {
        let white = ScenarioFile {
            reachability: Reachability::WhiteBox,
            ..frame("firmware_quirk").base
        };
        assert!(matches!(Frame::of(&white), Err(FrameError::WhiteBox)));
    }
}
