//! The scenario file: one device, one host, steps by named actors, and what each revision is expected to do.
//!
//! Enums are tagged by their name from outside and unknown fields are refused everywhere, so that every mistake
//! has a place in the file.

use crate::scenario::deed::HostStep;
use crate::scenario::expectation::{ByRevision, End};
use crate::scenario::outcome::LinuxOutcome;
use crate::scenario::step::Step;
use crate::scenario::together::{Sizes, Together};
use driver::{HostOperation, RevisionName};
use emulator::config::{DeviceConfig, DeviceKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "mlx5-cosim scenario")]
pub struct ScenarioFile {
    /// Where an editor finds the schema of this file.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Name of the scenario: the file's name without `.json`.
    pub name: String,
    /// Row of `docs/findings.md`, as `11`, `12f` or `N24`.
    pub row: String,
    /// The concern in one sentence.
    pub concern: String,
    /// Why the numbers are what they are, also where they differ from what review claimed.
    pub why: String,
    /// What it takes to get there.
    pub reachability: Reachability,
    /// The device to play.
    pub device: DeviceConfig,
    /// The host the driver runs on.
    #[serde(default, skip_serializing_if = "HostConfig::is_default")]
    pub host: HostConfig,
    /// Whether the final books may depend on the order of what happens at one moment. Where they may not (the default),
    /// seeded runs must end with the same counters and the same ledger as the unseeded one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub schedule_matters: bool,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// What each revision has to show at the end. The revisions named here are the ones that run.
    pub expect: ByRevision<End>,
    /// Where the kernel itself has more than one way: every way it may end on Linux.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linux_outcomes: Vec<LinuxOutcome>,
}

impl ScenarioFile {
    /// The steps that a run of this revision does.
    pub fn steps_of(&self, revision: RevisionName) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.is_for(revision))
    }

    /// The steps with what happens together one after the other.
    pub fn in_file_order(&self) -> impl Iterator<Item = Step> {
        self.steps.iter().flat_map(Step::in_file_order)
    }

    /// The sizes of its race, where it has any.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let mut together = self.steps.iter().filter_map(|step| step.together.as_ref());
        together.next().map(Together::sizes).unwrap_or_default()
    }

    /// The same for other numbers of VFs and requests: as many as its races enable are enabled, and there are as many.
    #[must_use]
    pub fn sized(mut self, sizes: Sizes) -> Self {
        let together = self.steps.iter().filter_map(|step| step.together.as_ref());
        let mut hosts = together.flat_map(Together::lines).flat_map(|line| line.steps);
        let enabled = hosts.find_map(|step| step.host?.enabled_vfs());
        let before = self
            .steps
            .iter()
            .find_map(|step| step.host.as_ref()?.enabled_vfs());
        if let (Some(vfs), Some(enabled)) = (sizes.vfs, enabled.or(before)) {
            let wanted = i32::from(vfs);
            let functions = match self.device.kind {
                DeviceKind::Ecpf => &mut self.device.ec_vfs,
                DeviceKind::Pf | DeviceKind::Vf => &mut self.device.vfs,
            };
            functions.total = functions.total.max(vfs);
            let resize = |step: &mut HostStep| {
                if let HostStep::Operation(HostOperation::EnableVfs(number)) = step
                    && *number == enabled
                {
                    *number = wanted;
                }
            };
            for step in &mut self.steps {
                step.host.iter_mut().for_each(resize);
                if let Some(together) = &mut step.together {
                    together.hosts_mut().for_each(resize);
                }
            }
        }
        for step in &mut self.steps {
            step.together = step.together.take().map(|together| together.sized(sizes));
        }
        self
    }

    /// The revisions this scenario is written for, in the order of their history.
    #[must_use]
    pub fn revisions(&self) -> Vec<RevisionName> {
        self.expect.named().map(|(revision, _)| revision).collect()
    }

    /// The index (from 0) of the step that `reference` names: a step's name, or its number counted from 1.
    #[must_use]
    pub fn step_index(&self, reference: &str) -> Option<usize> {
        let named = self
            .steps
            .iter()
            .position(|step| step.name.as_deref() == Some(reference));
        named.or_else(|| {
            let number: usize = reference.parse().ok()?;
            (1..=self.steps.len()).contains(&number).then(|| number - 1)
        })
    }
}

/// What it takes to get a driver into the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reachability {
    /// A firmware that keeps to the interface gets there, given the timing.
    CompliantFirmware,
    /// Firmware has to do something that the interface does not foresee.
    FirmwareQuirk,
    /// Only by stopping the driver between two of its own steps.
    WhiteBox,
}

impl Reachability {
    /// The name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CompliantFirmware => "compliant_firmware",
            Self::FirmwareQuirk => "firmware_quirk",
            Self::WhiteBox => "white_box",
        }
    }
}

/// The host under the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HostConfig {
    /// Size of a host page in bytes: 4096 or 65536.
    #[schemars(extend("enum" = [4096, 65536]))]
    pub page_size: u32,
    /// Whether the driver is built with eswitch support (CONFIG_MLX5_ESWITCH).
    pub eswitch_support: bool,
}

impl HostConfig {
    /// Whether this is the host a file means that says nothing.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            page_size: 4096,
            eswitch_support: true,
        }
    }
}
