//! Commands that are dropped: they never complete.

use crate::record::Record;
use crate::state::command::{Command, Stage};
use crate::state::numbers::CommandNumber;
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

impl Silicon {
    /// Drops every command of an endpoint and all that its queue knows, as a reset does; they never complete.
    pub(crate) fn drop_commands_of(&mut self, endpoint: Function, now: Cycles, why: &'static str) {
        self.drop_each_of(endpoint, now, why);
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.queue.clear();
        }
        self.make_room();
    }

    /// Drops every command of an endpoint. The command that is being executed stands apart and stays.
    pub(crate) fn drop_each_of(&mut self, endpoint: Function, now: Cycles, why: &'static str) {
        // All slots of the endpoint are emptied below, which is a use of all its commands.
        let numbers: Vec<CommandNumber> = self
            .commands
            .peek()
            .values()
            .filter(|command| command.endpoint == endpoint)
            .map(|c| c.number)
            .collect();
        for number in numbers {
            self.drop_command(number, now, why);
        }
    }

    pub(crate) fn drop_command(&mut self, number: CommandNumber, now: Cycles, why: &'static str) {
        let Some(command) = self.remove_command(number) else {
            return;
        };
        if !self.waits.of(number).is_empty() {
            self.waits.forget(number);
        }
        self.gate.forget(number);
        self.agenda.forget_command(number);
        self.make_room();
        // What was lost inside firmware was reported when that happened, and what is written was completed.
        if !matches!(command.stage, Stage::Lost | Stage::Written) {
            let record = Box::new(command.record(now));
            self.records.push(Record::CommandUnfinished {
                cycles: now,
                why: why.into(),
                command: record,
            });
        }
    }

    /// A command is over: it is in nobody's way any more.
    pub(crate) fn remove_command(&mut self, number: CommandNumber) -> Option<Command> {
        let command = self.commands.remove(&number)?;
        if let Some(state) = self.endpoints.get_mut(&command.endpoint) {
            state.queue.free(command.slot, number);
        }
        Some(command)
    }

    /// A command does not weigh any more: there may be room for those that wait to be fetched.
    pub(crate) fn make_room(&mut self) {
        if !self.inflow.crowded.is_empty() {
            self.inflow.room_again();
        }
    }
}
