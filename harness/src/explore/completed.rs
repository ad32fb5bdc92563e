//! Commands that were completed on a way through a race.

use emulator::Record;
use emulator::order::CommandMatch;

/// A command that was completed on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Completed {
    pub(super) name: String,
    pub(super) op_mod: u16,
}

impl Completed {
    /// The command that a record is of, if it is of one that was executed.
    pub(super) fn of(record: &Record) -> Option<Self> {
        let Record::Command(command) = record else {
            return None;
        };
        Some(Self {
            name: command.name.clone().into_owned(),
            op_mod: command.op_mod,
        })
    }

    pub(super) fn moves_pages(&self) -> bool {
        self.name == prm::Opcode::ManagePages.name()
    }

    /// The command that this was: so many like it were completed before.
    pub(super) fn to_match(&self, before: &[Self]) -> CommandMatch {
        let op_mod = self.moves_pages().then_some(self.op_mod);
        let alike =
            |other: &&Self| other.name == self.name && (op_mod.is_none() || other.op_mod == self.op_mod);
        CommandMatch {
            command: self.name.clone(),
            op_mod,
            skip: prm::saturated::<u32>(before.iter().filter(alike).count()),
            ..CommandMatch::default()
        }
    }
}
