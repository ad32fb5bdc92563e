//! Which scenarios can be run on a Linux that is what it is, and why the others cannot.

use crate::scenario::{Action, HostStep, ScenarioFile, Step};
use driver::{HostOperation, Needs, RevisionName};
use emulator::config::{DemandProfile, Port};

/// What the guest's kernel is built with, and how long the user waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// The driver has scalable functions (CONFIG_MLX5_SF).
    pub subfunctions: bool,
    /// What waits long on a wall clock is run too.
    pub full: bool,
}

/// Why Linux cannot run this scenario; `None` if it can.
#[must_use]
pub fn obstacle(
    scenario: &ScenarioFile,
    judged_as: RevisionName,
    abilities: Abilities,
) -> Option<&'static str> {
    if scenario.expect.get(judged_as).is_none() {
        return Some("the file expects nothing of the revision that Linux is judged as");
    }
    if scenario.host.page_size != 4096 {
        return Some("x86 has host pages of 4 KiB only");
    }
    if !scenario.host.eswitch_support {
        return Some("the kernel is built with CONFIG_MLX5_ESWITCH");
    }
    let modes = |step: &Step| {
        matches!(
            step.host,
            Some(HostStep::Operation(HostOperation::SetEswitchMode(_)))
        )
    };
    if scenario.device.port == Port::Ethernet
        && scenario.device.demand.profile == DemandProfile::Modelled
        && scenario.steps.iter().any(modes)
    {
        return Some(
            "the kernel's network device has other objects in switchdev mode, which need other pages than those of our driver",
        );
    }
    scenario
        .steps
        .iter()
        .filter_map(|step| step.action())
        .find_map(|action| action_obstacle(action, abilities))
}

fn action_obstacle(action: Action<'_>, abilities: Abilities) -> Option<&'static str> {
    match action {
        Action::Race(_) => {
            Some("it stops the driver between two of its own steps, which only the Rust driver can do")
        }
        Action::Fault(_) => {
            Some("it makes a chosen allocation fail, which needs a kernel with fault injection at that place")
        }
        Action::Host(HostStep::Operation(operation))
            if operation.needs() == Needs::Subfunctions && !abilities.subfunctions =>
        {
            Some(
                "the kernel is built without CONFIG_MLX5_SF; `setup --subfunctions` builds a module that has it",
            )
        }
        Action::Host(HostStep::Function(function))
            if matches!(function.which, prm::Function::Sf(_)) && !abilities.subfunctions =>
        {
            Some(
                "the kernel is built without CONFIG_MLX5_SF; `setup --subfunctions` builds a module that has it",
            )
        }
        _ => None,
    }
}
