//! A drawn scenario as a kernel and our driver can be told it alike: what lives on the wall clock has no race that is decided by less
//! than it can tell apart.

use crate::scenario::{Action, GateStep, HostStep, ScenarioFile, Step, TimeStep};
use emulator::config::{DemandProfile, Port};
use emulator::order::{Answer, CommandMatch, FirmwareOrder};
use std::collections::BTreeSet;

/// What passes behind an operation in the background while something is held: by then a kernel has come to it.
const PAUSE_MS: u64 = 400;

/// The scenario for a kernel, or none where it has something whose order on the wall clock nobody decides:
///
/// * reactions and orders that come after a time, answers that are late: which of two comes first depends on the machine;
/// * allocations that fail, since a kernel's own allocations come in between;
/// * holds of a network device's flow tables and event queues, whose commands a kernel gives in an order of its own.
#[must_use]
pub fn for_kernel(file: &ScenarioFile) -> Option<ScenarioFile> {
    let is_ethernet = file.device.port == Port::Ethernet;
    if file.device.demand.profile == DemandProfile::Modelled && is_ethernet {
        return None;
    }
    file.steps
        .iter()
        .all(|step| is_decided(step, is_ethernet))
        .then(|| ScenarioFile {
            steps: paused(&file.steps),
            ..file.clone()
        })
}

fn is_decided(step: &Step, is_ethernet: bool) -> bool {
    let is_plain = |command: &CommandMatch| {
        let name = command.command.as_str();
        !(is_ethernet && (name.contains("FLOW") || name.ends_with("_EQ")))
    };
    match step.action() {
        Some(Action::Firmware(FirmwareOrder::When(rule))) => rule.after_ms == 0 && is_plain(&rule.command),
        Some(Action::Firmware(FirmwareOrder::Answer(rule))) => {
            let is_timed = matches!(
                rule.with,
                Answer::Late { .. } | Answer::CompletedLate { .. } | Answer::Never {}
            );
            !is_timed && is_plain(&rule.to)
        }
        Some(Action::Gate(GateStep::Hold(hold))) => is_plain(&hold.command),
        Some(Action::Fault(_)) => false,
        _ => true,
    }
}

/// The steps, with a pause behind each operation that begins in the background while something is held.
fn paused(steps: &[Step]) -> Vec<Step> {
    let mut held = BTreeSet::new();
    let mut paused = Vec::new();
    for step in steps {
        paused.push(step.clone());
        match step.action() {
            Some(Action::Gate(GateStep::Hold(hold))) => {
                held.insert(hold.name.clone());
            }
            Some(Action::Gate(GateStep::Release { name })) => {
                held.remove(name);
            }
            Some(Action::Host(HostStep::Operation(_))) if step.background && !held.is_empty() => {
                paused.push(Step {
                    time: Some(TimeStep::PassMs(PAUSE_MS)),
                    ..Step::default()
                });
            }
            _ => {}
        }
    }
    paused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Reachability;
    use crate::swarm::drawing::draw_all;
    use crate::swarm::frame::Reach;
    use crate::swarm::shrinking::is_playable;

    #[test]
    fn a_third_of_what_is_drawn_can_be_told_to_a_kernel_and_none_of_it_is_late() {
        let draw = |seed| draw_all(Reachability::CompliantFirmware, Reach::Clean, seed);
        let told: Vec<ScenarioFile> = (0..300).filter_map(|seed| for_kernel(&draw(seed))).collect();
        assert!(told.len() >= 100, "{}", told.len());
        assert!(told.iter().all(is_playable));
        let late = |step: &Step| matches!(&step.firmware, Some(FirmwareOrder::Answer(rule)) if matches!(rule.with, Answer::Late { .. }));
        assert!(!told.iter().any(|file| file.steps.iter().any(late)));
    }
}
