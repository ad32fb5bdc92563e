//! How finely a race is looked at: what goes on at once since the race is not about it.

use crate::scenario::Line;
use driver::runtime::{Access, Announcement, Kind, TaskName, Use};
use embedding::DeviceAct;
use emulator::order::{Answer, CommandMatch, FirmwareOrder, GateOrder};
use emulator::{Act, Action, Thing};
use prm::Opcode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is a choice of its own.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Commands that the race does not name run as one step, from their doorbell to their completion; interrupts come at once.
    #[default]
    Commands,
    /// The same, but when an interrupt comes is open.
    Interrupts,
    /// Every single step.
    All,
}

/// What belongs to the way of a command and to nothing that races.
const INNER: [Kind; 7] = [
    Kind::CommandSlot,
    Kind::CommandSlots,
    Kind::Mailboxes,
    Kind::EventQueue,
    Kind::Interrupt,
    Kind::LoadTime,
    Kind::Waited,
];

impl Detail {
    /// Whether a step of a task with this announcement goes on at once.
    pub(super) fn is_inner_step(self, announcement: &Announcement) -> bool {
        self != Self::All
            && announcement.iter().all(|access| {
                let kind = access.object.kind();
                INNER.contains(&kind)
                    || matches!(kind, Kind::CommandMode | Kind::DeviceState) && access.usage == Use::Read
            })
    }

    /// Whether what this task does goes on at once, whatever it is.
    pub(super) fn is_inner_task(self, task: TaskName) -> bool {
        self == Self::Commands && task.is_interrupt()
    }

    /// Whether the order of this step and of another one that touches the same can matter to the race.
    pub(super) fn counts(self, access: &Access) -> bool {
        self == Self::All || !INNER.contains(&access.object.kind())
    }

    /// The same of what the device touches.
    pub(super) fn counts_in_device(self, thing: Thing) -> bool {
        self == Self::All
            || !matches!(
                thing,
                Thing::EventQueue | Thing::Slot | Thing::Doorbells | Thing::Inflow | Thing::PageMemory
            )
    }

    /// Whether an interrupt comes at once.
    pub(super) fn is_inner_interrupt(self) -> bool {
        self == Self::Commands
    }

    /// Whether the end of a pause comes at once: it ends by itself.
    pub(super) fn is_inner_pause(self) -> bool {
        self != Self::All
    }

    /// Whether an act of the device comes at once, in a race that is about these commands.
    pub(super) fn is_inner_act(self, act: DeviceAct, named: &BTreeSet<Opcode>) -> bool {
        if self == Self::All {
            return false;
        }
        match act {
            DeviceAct::Fetches { .. } => true,
            DeviceAct::Does {
                act: Act { action, .. },
                ..
            } => match action.opcode() {
                Some(opcode) => !named.contains(&opcode),
                None => !matches!(
                    action,
                    Action::Portion | Action::ReturnPages | Action::Reaction | Action::PageRequest
                ),
            },
        }
    }
}

/// The commands that a race is about: those that move pages, and all that somebody in it names.
pub(super) fn named_commands(lines: &[Line], before: &[crate::scenario::Step]) -> BTreeSet<Opcode> {
    let mut named = BTreeSet::from([Opcode::ManagePages]);
    let steps = lines.iter().flat_map(|line| &line.steps).chain(before);
    for step in steps {
        if let Some(order) = &step.firmware {
            name_of_order(order, &mut named);
        }
        if let Some(GateOrder::Hold(hold)) = step.gate.as_ref().and_then(|gate| gate.order()) {
            name(&hold.command, &mut named);
        }
    }
    named
}

fn name(command: &CommandMatch, named: &mut BTreeSet<Opcode>) {
    named.extend(Opcode::from_name(&command.command));
}

fn name_of_order(order: &FirmwareOrder, named: &mut BTreeSet<Opcode>) {
    match order {
        // A command that is refused is as short as any other.
        FirmwareOrder::Answer(rule) if !matches!(rule.with, Answer::Refuse { .. }) => name(&rule.to, named),
        FirmwareOrder::When(rule) => {
            name(&rule.command, named);
            rule.then.iter().for_each(|order| name_of_order(order, named));
        }
        _ => {}
    }
}
