//! What became of a scenario's holds: which have caught a command, and which never did.

use super::wording;
use crate::record::result::Note;
use crate::scenario::{GateStep, ScenarioFile, Step};
use emulator::{HoldState, Record};
use std::collections::BTreeSet;

/// The holds of a run.
pub(crate) struct Holds<'a> {
    scenario: &'a ScenarioFile,
    /// Those in force that have caught a command.
    caught: BTreeSet<String>,
}

impl<'a> Holds<'a> {
    /// No hold has been installed yet.
    pub(crate) const fn new(scenario: &'a ScenarioFile) -> Self {
        Self {
            scenario,
            caught: BTreeSet::new(),
        }
    }

    /// Takes in what happened in a step. Returns a note for each hold that was released before it had caught anything.
    pub(super) fn observe(&mut self, step: u32, records: &[Record]) -> Vec<Note> {
        let mut notes = Vec::new();
        for record in records {
            match record {
                Record::GateCaught { name, .. } => {
                    self.caught.insert(name.clone());
                }
                Record::GateReleased { name, n, .. } => {
                    self.caught.remove(name);
                    if n.is_none() {
                        let text = format!("{} when it was released", self.caught_nothing(name));
                        let step = Some(step);
                        notes.push(Note { step, text });
                    }
                }
                _ => {}
            }
        }
        notes
    }

    /// A note for each hold that is still in force after the last step and has caught nothing.
    pub(crate) fn left(&self, holds: &[HoldState]) -> Vec<Note> {
        let idle = holds
            .iter()
            .filter(|hold| hold.caught.is_none() && !self.caught.contains(&hold.name));
        idle.map(|hold| Note {
            step: None,
            text: self.caught_nothing(&hold.name),
        })
        .collect()
    }

    /// The holds in force, each with what it has caught.
    pub(super) fn in_words(&self, holds: &[HoldState]) -> Vec<String> {
        let words = holds.iter().map(|hold| match &hold.caught {
            Some(caught) => format!("the hold `{}` keeps {}", hold.name, caught.opcode),
            None => self.caught_nothing(&hold.name),
        });
        words.collect()
    }

    /// That the hold of this name has caught nothing, with what it is to catch.
    pub(super) fn caught_nothing(&self, name: &str) -> String {
        let steps: Vec<Step> = self.scenario.in_file_order().collect();
        let installed = steps.iter().rev().find_map(|step| match &step.gate {
            Some(GateStep::Hold(hold)) if hold.name == name => Some(wording::words(&hold.command)),
            _ => None,
        });
        match installed {
            Some(what) => format!("the hold `{name}` ({what}) has caught no command"),
            None => format!("the hold `{name}` has caught no command"),
        }
    }
}
