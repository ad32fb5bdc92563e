//! Looking at a step that has ended: both books, what was recorded, what broke.

use super::holds::Holds;
use crate::judge::Judge;
use crate::record::result::{Note, Snapshot, Violation};
use crate::record::trace_hash::TraceHash;
use crate::scenario::ScenarioFile;
use crate::stage::sight::{DriverSight, Health, Sight};
use crate::stage::snapshot;
use emulator::Record;
use prm::Cycles;
use serde_json::Value;
use std::borrow::Cow;

/// Everything that has been seen of a run.
pub(super) struct Observer<'a> {
    /// What became of the holds.
    pub(super) holds: Holds<'a>,
    /// What is worth knowing and no failure.
    pub(super) notes: Vec<Note>,
    /// Commands that completed in the last step, and the last of them.
    pub(super) completed: (usize, Option<Cow<'static, str>>),
    /// One number for everything that happened.
    pub(super) hash: TraceHash,
    /// Warnings in order, as they are compared.
    pub(super) warnings: Vec<Value>,
    /// The command that took longest, and how long.
    pub(super) longest_command: Option<(Cow<'static, str>, Cycles)>,
    /// Pages and mappings that were left when the last driver was unbound.
    pub(super) leaked: (u64, u64),
}

/// What one look has shown.
pub(super) struct Seen {
    /// What was printed.
    pub(super) warnings: Vec<Value>,
    /// See [`StepRecord::wrote_astray`](crate::record::result::StepRecord::wrote_astray).
    pub(super) wrote_astray: bool,
    /// What broke.
    pub(super) violations: Vec<Violation>,
    /// Both books.
    pub(super) after: Snapshot,
    /// See [`Sight::is_loaded`].
    pub(super) is_loaded: bool,
    /// See [`Sight::health`].
    pub(super) health: Health,
}

impl<'a> Observer<'a> {
    /// Nothing has been seen yet.
    pub(super) fn new(scenario: &'a ScenarioFile) -> Self {
        Self {
            holds: Holds::new(scenario),
            notes: Vec::new(),
            completed: (0, None),
            hash: TraceHash::default(),
            warnings: Vec::new(),
            longest_command: None,
            leaked: (0, 0),
        }
    }

    /// Looks at what a stage shows after step `number`.
    pub(super) fn look(&mut self, number: u32, sight: &Sight<'_>, judge: &mut Judge<'_>) -> Seen {
        sight.records.iter().for_each(|record| self.note_record(record));
        self.notes.extend(self.holds.observe(number, &sight.records));
        self.note_refusals(number, &sight.records);
        let of_commands = sight.records.iter().filter_map(|record| match record {
            Record::Command(command) => Some(&command.name),
            _ => None,
        });
        let (count, last) = of_commands.fold((0, None), |(count, _), name| (count + 1, Some(name)));
        self.completed = (count, last.cloned());
        let messages = sight.drivers.iter().flat_map(|driver| &driver.messages);
        messages.for_each(|message| self.hash.add(message));
        self.note_leaks(sight);
        Seen {
            warnings: sight.told.clone(),
            wrote_astray: sight.drivers.iter().any(DriverSight::wrote_astray),
            violations: match sight.health {
                Health::Alive | Health::Dying => judge.broken(number, sight),
                Health::Dead => Vec::new(),
            },
            after: snapshot::of(sight),
            is_loaded: sight.is_loaded,
            health: sight.health,
        }
    }

    fn note_record(&mut self, record: &Record) {
        self.hash.add(record);
        let command = match record {
            Record::Command(command) | Record::CommandUnfinished { command, .. } => command,
            _ => return,
        };
        let took = command.cycles.saturating_sub(command.rung);
        if self
            .longest_command
            .as_ref()
            .is_none_or(|(_, longest)| took > *longest)
        {
            self.longest_command = Some((command.name.clone(), took));
        }
    }

    /// What firmware did not carry out without any command's saying so, as the orders of a reaction.
    fn note_refusals(&mut self, step: u32, records: &[Record]) {
        for record in records {
            let Record::Refused { endpoint, why, .. } = record else {
                continue;
            };
            let note = Note {
                step: Some(step),
                text: format!("the device refused something at {endpoint}'s interface: {why}"),
            };
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    fn note_leaks(&mut self, sight: &Sight<'_>) {
        if let Some(host) = sight.host
            && sight.drivers.iter().all(DriverSight::is_gone)
        {
            let holdings = sight.drivers.iter().map(|driver| host.holdings(driver.account));
            self.leaked = holdings.fold((0, 0), |sum, held| (sum.0 + held.pages, sum.1 + held.mappings));
        }
    }
}
