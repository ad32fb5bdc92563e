//! Looking at a step that has ended: both books, what was recorded, what broke.

use super::holds::Holds;
use super::operations::Operations;
use super::wording;
use crate::judge::invariants::{DriverScene, Scene, Watch};
use crate::record::result::{Note, StepRecord};
use crate::record::timeline::Printed;
use crate::record::trace_hash::TraceHash;
use crate::scenario::{ScenarioFile, Step};
use crate::stage::inproc::World;
use crate::stage::inproc::snapshot;
use driver::books::OwnerKey;
use driver::{Message, MessageKind, MessageLevel};
use emulator::{CommandRecord, Record};
use prm::Cycles;
use serde_json::Value;

/// Everything that has been seen of a run.
pub(super) struct Observer<'a> {
    watch: Watch,
    /// What became of the holds.
    pub(super) holds: Holds<'a>,
    /// What is worth knowing and no failure.
    pub(super) notes: Vec<Note>,
    /// Commands that completed in the last step, and the last of them.
    pub(super) completed: (usize, Option<&'static str>),
    /// One number for everything that happened.
    pub(super) hash: TraceHash,
    /// Warnings in order, as they are compared.
    pub(super) warnings: Vec<Value>,
    /// The command stream, in the form of recorded ones.
    pub(super) commands: Vec<CommandRecord>,
    /// The command that took longest, and how long.
    pub(super) longest_command: Option<(&'static str, Cycles)>,
    /// Pages and mappings that were left when the last driver was unbound.
    pub(super) leaked: (u64, u64),
    /// Per driver: messages and page waits that have been looked at.
    seen: Vec<(usize, usize)>,
    last_not_found: Option<OwnerKey>,
}

impl<'a> Observer<'a> {
    /// Nothing has been seen yet.
    pub(super) fn new(scenario: &'a ScenarioFile) -> Self {
        Self {
            watch: Watch::default(),
            holds: Holds::new(scenario),
            notes: Vec::new(),
            completed: (0, None),
            hash: TraceHash::default(),
            warnings: Vec::new(),
            commands: Vec::new(),
            longest_command: None,
            leaked: (0, 0),
            seen: Vec::new(),
            last_not_found: None,
        }
    }

    /// Looks at the world after a step. `operation` is the host operation that the step started or joined.
    pub(super) fn look(
        &mut self,
        number: u32,
        step: &Step,
        operation: Option<usize>,
        world: &mut World,
        operations: &mut Operations,
    ) -> StepRecord {
        operations.observe(world);
        let drivers = self.scenes(world, operations);
        let records = world.machine_mut().silicon.take_records();
        let strays = world.machine_mut().memory.take_strays();
        let cycles = world.take_cycles();
        records.iter().for_each(|record| self.note_record(record));
        self.notes.extend(self.holds.observe(number, &records));
        self.note_refusals(number, &records);
        let of_commands = records.iter().filter_map(|record| match record {
            Record::Command(command) => Some(command.name),
            _ => None,
        });
        self.completed = of_commands.fold((0, None), |(number, _), name| (number + 1, Some(name)));
        if let Some(timeline) = world.timeline() {
            timeline.records.extend(records.iter().cloned());
            let printed = drivers.iter().flat_map(|driver| &driver.messages);
            timeline.printed.extend(printed.map(|message| Printed {
                at: message.at,
                words: message.to_string(),
            }));
        }
        let messages = drivers.iter().flat_map(|driver| &driver.messages);
        let warnings: Vec<Value> = messages.filter_map(|message| self.warning(message)).collect();
        let violations = self.watch.check(&Scene {
            step: number,
            world,
            drivers: &drivers,
            records: &records,
            strays: &strays,
            cycles: &cycles,
        });
        self.commands
            .extend(records.into_iter().filter_map(|record| match record {
                Record::Command(command) => Some(*command),
                _ => None,
            }));
        let operation = operation.map(|number| operations.get(number));
        let end = operation.and_then(|operation| Some((operation.end?, operation.began)));
        let record = StepRecord {
            number,
            what: wording::step(step),
            returns: end.map(|((_, returned), _)| returned),
            took_ns: end.map(|((ended, _), began)| ended.saturating_sub(began).0),
            pending: operations.any_pending(),
            warnings: warnings.iter().map(Value::to_string).collect(),
            violations,
            after: snapshot::of(world, &drivers),
        };
        self.warnings.extend(warnings);
        self.note_leaks(world, &drivers);
        self.hash.add(&record);
        record
    }

    fn scenes(&mut self, world: &World, operations: &Operations) -> Vec<DriverScene> {
        let mut scenes = Vec::new();
        for (place, (endpoint, account, driver)) in world.drivers().enumerate() {
            let books = driver.books();
            if self.seen.len() <= place {
                self.seen.push((0, 0));
            }
            let (messages, waits) = self.seen[place];
            let printed = driver.messages_after(messages);
            self.seen[place] = (messages + printed.len(), books.page_waits.len());
            scenes.push(DriverScene {
                endpoint,
                account,
                messages: printed,
                earlier_waits: waits,
                busy: operations.is_busy(place),
                books,
            });
        }
        scenes
    }

    /// A message as it is compared: information is left out, and so are repetitions that the kernel would not print.
    fn warning(&mut self, message: &Message) -> Option<Value> {
        self.hash.add(message);
        if message.level == MessageLevel::Info {
            return None;
        }
        let not_found = match message.kind {
            MessageKind::PageNotFound { key, .. } => Some(key),
            _ => None,
        };
        let repeated = not_found.is_some() && not_found == self.last_not_found;
        self.last_not_found = not_found;
        if repeated {
            None
        } else {
            Some(kind_as_json(&message.kind))
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
            self.longest_command = Some((command.name, took));
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

    fn note_leaks(&mut self, world: &World, drivers: &[DriverScene]) {
        if drivers.iter().all(|driver| !driver.books.bound && !driver.busy) {
            let machine = world.machine();
            let holdings = drivers
                .iter()
                .map(|driver| machine.memory.holdings(driver.account));
            self.leaked = holdings.fold((0, 0), |sum, held| (sum.0 + held.pages, sum.1 + held.mappings));
        }
    }
}

fn kind_as_json(kind: &MessageKind) -> Value {
    serde_json::to_value(kind).unwrap_or_else(|_| Value::String(kind.to_string()))
}
