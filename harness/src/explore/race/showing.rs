//! What a race shows of itself: both books, what became of its operations, its choices in words.

use super::Race;
use crate::explore::choice::Choice;
use crate::explore::completed::Completed;
use crate::explore::end::End;
use crate::explore::flaw::Flaw;
use driver_host::{HostView, Machine};
use std::collections::BTreeMap;

impl Race {
    /// Both books as they stand.
    pub(in crate::explore) fn books(&self) -> End {
        let world = self.world();
        let main = world.endpoint();
        let mut end = End::default();
        for (function, _, driver) in world.drivers() {
            let books = driver.books();
            for (name, value) in books.counters.named() {
                let value = value.cast_signed();
                if value != 0 {
                    let name = match function == main {
                        true => name.to_owned(),
                        false => format!("{function}:{name}"),
                    };
                    end.counters.insert(name, value);
                }
            }
            if function == main {
                let roots = books.roots.iter().filter(|(_, pages)| **pages > 0);
                end.roots = roots.map(|(key, &pages)| (key.0, pages)).collect();
            }
        }
        let machine = world.machine();
        for (supplier, owner, pages) in machine.silicon.ledger().rows() {
            let owner = match supplier == main {
                true => owner.to_string(),
                false => format!("{supplier}:{owner}"),
            };
            end.ledger.insert(owner, pages);
        }
        if world.drivers().all(|(_, _, driver)| !driver.books().bound) {
            let left = world
                .drivers()
                .map(|(_, account, _)| machine.memory().holdings(account).pages);
            end.leaked = left.sum();
        }
        end.results = self.results();
        end
    }

    /// What the operations returned that did not succeed.
    pub(in crate::explore) fn results(&self) -> BTreeMap<String, Option<i32>> {
        let mut results = BTreeMap::new();
        for started in &self.lines.started {
            match self.world().outcome(started.place, started.task) {
                Some(Ok(())) => {}
                Some(Err(errno)) => _ = results.insert(started.label.clone(), Some(errno.0)),
                None => _ = results.insert(started.label.clone(), None),
            }
        }
        results
    }

    /// What was seen of a flaw at the last choice or at the end, in words.
    pub(in crate::explore) fn detail_of(&self, flaw: &Flaw) -> String {
        let seen = self.details.iter().rev().find(|(known, _)| known == flaw);
        seen.map_or_else(|| flaw.says().to_owned(), |(_, detail)| detail.clone())
    }

    /// From here on it is kept which commands were completed.
    pub(in crate::explore) fn keep_commands(&mut self) {
        self.sentry.commands = Some(Vec::new());
    }

    /// The commands that were completed since this was last called.
    pub(in crate::explore) fn take_commands(&mut self) -> Vec<Completed> {
        self.sentry
            .commands
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// The commands that firmware has and has not completed, in the order of their doorbells.
    pub(in crate::explore) fn unfinished_commands(&self) -> Vec<Completed> {
        let outstanding = self.world().machine().silicon.outstanding_commands();
        let names = outstanding.into_iter().map(|command| Completed {
            name: command.opcode.to_string(),
            op_mod: command.op_mod,
        });
        names.collect()
    }

    /// How many operations of the race have ended.
    pub(in crate::explore) fn ended_operations(&self) -> usize {
        let started = self.lines.started.iter();
        let ended = started.filter(|started| self.world().outcome(started.place, started.task).is_some());
        ended.count()
    }

    /// The lines' actors, in order.
    #[must_use]
    pub fn actors(&self) -> Vec<&str> {
        self.lines.actors()
    }

    /// All orders of all lines in words.
    pub(in crate::explore) fn order_words(&self) -> Vec<Vec<String>> {
        self.lines.order_words()
    }

    /// A choice in words that say what an order is.
    #[must_use]
    pub fn words(&self, choice: &Choice) -> String {
        match choice {
            Choice::Line { line, step } => self.lines.words((*line).into(), usize::from(*step) - 1),
            other => other.to_string(),
        }
    }
}
