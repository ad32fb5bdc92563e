//! The last commands that ended, for clients that ask now and then.

use crate::control::answer::Commands;
use emulator::CommandRecord;
use prm::saturated;
use std::collections::VecDeque;

/// How many commands are kept.
const KEPT: usize = 16_384;
/// How many commands one answer carries at most.
const PER_ANSWER: usize = 1024;

/// The last commands, counted from the first that ever ended.
#[derive(Debug, Default)]
pub(super) struct History {
    commands: VecDeque<CommandRecord>,
    /// How many were forgotten: the number of the first that is kept.
    forgotten: u64,
}

impl History {
    /// Keeps a command and forgets the oldest where there are too many.
    pub(super) fn push(&mut self, command: CommandRecord) {
        if self.commands.len() == KEPT {
            self.commands.pop_front();
            self.forgotten += 1;
        }
        self.commands.push_back(command);
    }

    /// The number that the next command will have.
    pub(super) fn end(&self) -> u64 {
        self.forgotten + self.commands.len() as u64
    }

    /// Commands from number `next` on, which moves behind them.
    pub(super) fn since(&self, next: &mut u64) -> Commands {
        let lost = self.forgotten.saturating_sub(*next);
        let first = (*next).max(self.forgotten);
        let skip = saturated::<usize>(first - self.forgotten);
        let commands: Vec<_> = self
            .commands
            .iter()
            .skip(skip)
            .take(PER_ANSWER)
            .cloned()
            .collect();
        *next = first + commands.len() as u64;
        Commands {
            commands,
            left: self.end() - *next,
            lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emulator::record::{CommandFields, Completion, Hex};
    use prm::{Cycles, Function};

    fn command(n: u64) -> CommandRecord {
        CommandRecord {
            n,
            opcode: Hex(0x104),
            name: "ENABLE_HCA".into(),
            op_mod: 0,
            in_len: 16,
            out_len: 16,
            completion: Completion::Poll,
            slot: 0,
            status: Some(0),
            syndrome: None,
            delivery: None,
            fields: CommandFields::default(),
            endpoint: Function::Pf,
            rung: Cycles(0),
            cycles: Cycles(0),
        }
    }

    #[test]
    fn each_reader_gets_every_command_once_and_hears_of_those_it_missed() {
        let mut history = History::default();
        (0..10).for_each(|n| history.push(command(n)));
        let (mut early, mut late) = (0, history.end());
        let answer = history.since(&mut early);
        assert_eq!((answer.commands.len(), answer.left, answer.lost), (10, 0, 0));
        assert_eq!(history.since(&mut late).commands.len(), 0);
        (10..KEPT as u64 + 15).for_each(|n| history.push(command(n)));
        let mut numbers = Vec::new();
        loop {
            let answer = history.since(&mut early);
            assert_eq!(answer.lost, if numbers.is_empty() { 5 } else { 0 });
            numbers.extend(answer.commands.iter().map(|command| command.n));
            if answer.left == 0 {
                break;
            }
        }
        assert_eq!(numbers, (15..KEPT as u64 + 15).collect::<Vec<_>>());
    }
}
