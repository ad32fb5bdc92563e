//! Commands that are dropped: they never complete.

use crate::record::Record;
use crate::state::command::Stage;
use crate::state::silicon::Silicon;
use prm::{Cycles, Function};

impl Silicon {
    /// Drops every command of an endpoint, as a reset does; they never complete.
    pub(crate) fn drop_commands_of(&mut self, endpoint: Function, now: Cycles, why: &'static str) {
        let numbers: Vec<u64> = self
            .commands
            .values()
            .filter(|command| command.endpoint == endpoint)
            .map(|c| c.number)
            .collect();
        for number in numbers {
            self.drop_command(number, now, why);
        }
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.queue.clear();
        }
        self.inflow.room_again();
    }

    pub(crate) fn drop_command(&mut self, number: u64, now: Cycles, why: &'static str) {
        let Some(command) = self.commands.remove(&number) else {
            return;
        };
        self.gate.forget(number);
        self.agenda.forget_command(number);
        self.inflow.room_again();
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
}
