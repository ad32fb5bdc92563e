//! What a firmware does that keeps to the interface: each step of a scenario is taken into the book of what it may know, which says
//! whether it may be.

use crate::scenario::{Action, FunctionOperation, GateStep, HostStep, ScenarioFile, Step};
use crate::swarm::book::Book;
use crate::swarm::lateness::Lateness;
use emulator::order::{Answer, AnswerRule, FirmwareOrder, FunctionsChanged, Hold};

impl Book {
    /// Takes in an order; returns whether a compliant firmware may do so.
    fn order(&mut self, order: &FirmwareOrder) -> bool {
        match order {
            FirmwareOrder::RequestPages(request) => self.request(request, true),
            FirmwareOrder::Answer(rule) => self.answer(rule),
            FirmwareOrder::When(rule) => rule.then.iter().all(|order| match order {
                FirmwareOrder::RequestPages(request) => self.request(request, false),
                _ => false,
            }),
            FirmwareOrder::FunctionsChanged(FunctionsChanged {
                host_vfs: Some(host_vfs),
                host_pf: None,
                satellite_pfs: None,
            }) => {
                self.announce(*host_vfs);
                true
            }
            FirmwareOrder::VportChange { .. } | FirmwareOrder::Reconfigure(_) => true,
            _ => false,
        }
    }

    fn answer(&mut self, rule: &AnswerRule) -> bool {
        let is_late = matches!(rule.with, Answer::Late { .. } | Answer::CompletedLate { .. });
        if is_late && rule.to.command == "MANAGE_PAGES" && rule.to.op_mod != Some(2) {
            self.give_late();
        }
        match &rule.with {
            Answer::Needs { requests } => {
                may_need(&rule.to.command) && requests.iter().all(|request| self.request(request, false))
            }
            // Firmware may refuse what makes something, not what takes it away.
            Answer::Refuse { .. } => is_refusable(&rule.to.command),
            _ => is_late,
        }
    }

    /// Takes in a step; returns whether a compliant firmware may do so.
    pub fn take(&mut self, step: &Step) -> bool {
        match step.action() {
            // A command that is held until an operation has ended runs into its limit.
            Some(Action::Host(_)) if !step.background && self.is_holding() => false,
            Some(Action::Host(HostStep::Operation(operation))) => {
                match (&step.name, step.background) {
                    (Some(name), true) => self.run(name, *operation),
                    _ => {
                        self.begin(*operation);
                        self.end(*operation);
                    }
                }
                true
            }
            Some(Action::Host(HostStep::WaitFor(name))) => {
                self.join(name);
                true
            }
            Some(Action::Firmware(order)) => self.order(order),
            Some(Action::Gate(GateStep::Hold(hold))) => self.held(hold),
            Some(Action::Gate(GateStep::Release { name })) => {
                self.release(name);
                true
            }
            Some(Action::Host(HostStep::Function(step))) => {
                self.bind(step.which, step.operation == FunctionOperation::Load);
                true
            }
            Some(Action::Gate(_) | Action::Time(_) | Action::Fault(_)) => true,
            _ => false,
        }
    }

    fn held(&mut self, hold: &Hold) -> bool {
        self.hold(&hold.name);
        hold.posts.iter().all(|request| self.request(request, false))
    }
}

/// Whether a firmware that keeps to the interface may refuse a command: it may have no room, or no pages.
#[must_use]
pub fn is_refusable(command: &str) -> bool {
    REFUSABLE.contains(&command)
}

/// See [`is_refusable`].
pub const REFUSABLE: [&str; 6] = [
    "ENABLE_HCA",
    "CREATE_FLOW_TABLE",
    "CREATE_FLOW_GROUP",
    "MODIFY_NIC_VPORT_CONTEXT",
    "MODIFY_VPORT_STATE",
    "ALLOC_SF",
];

/// Whether a command may be outstanding until firmware has been given pages: not one that moves pages itself, nor one that takes away
/// the queue by which firmware asks for them.
#[must_use]
pub fn may_need(command: &str) -> bool {
    !matches!(command, "MANAGE_PAGES" | "DESTROY_EQ")
}

/// Whether firmware keeps to the interface in a drawn scenario.
#[must_use]
pub fn is_compliant(file: &ScenarioFile) -> bool {
    let mut book = Book::new(&file.device);
    let mut lateness = Lateness::default();
    file.steps.iter().all(|step| {
        if lateness.is_over(step) {
            book.give_at_once();
        }
        book.take(step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::frame::tests::frame;

    #[test]
    fn nothing_is_held_until_an_operation_has_ended() {
        let mut file = frame("compliant_firmware").base;
        let steps = serde_json::json!([
            { "gate": { "hold": { "name": "a", "command": { "command": "MANAGE_PAGES" } } } },
            { "name": "runs", "host": "reload", "background": true },
            { "gate": { "release": { "name": "a" } } },
            { "host": { "wait_for": "runs" } },
        ]);
        file.steps = serde_json::from_value(steps).unwrap();
        assert!(is_compliant(&file));
        file.steps.swap(2, 3);
        assert!(!is_compliant(&file));
    }
}
