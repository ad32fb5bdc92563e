//! Which file of a crate uses which.

use crate::mentions;
use crate::modules::{Crate, FileId, Module, ModuleId};
use crate::names::Meaning;
use std::collections::{BTreeMap, BTreeSet};

/// What one file takes from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The names, in order of the alphabet.
    pub names: BTreeSet<String>,
    /// The first line that uses one of them.
    pub line: usize,
}

/// All arrows of a crate: who uses whom, and what.
pub type Arrows = BTreeMap<(FileId, FileId), Taken>;

/// The arrows inside a crate, and the names of other crates that each file uses.
#[derive(Debug, Default)]
pub struct Uses {
    /// File to file.
    pub inside: Arrows,
    /// First segments of paths that lead out of the crate: other crates, and much that is no crate at all.
    pub outside: BTreeMap<FileId, BTreeMap<String, usize>>,
}

/// Finds who uses whom.
#[must_use]
pub fn of(read: &Crate) -> Uses {
    let mut uses = Uses::default();
    let foreign_methods = methods_away_from_home(read);
    for (place, module) in read.modules.iter().enumerate() {
        let id = ModuleId(place);
        let named = module.imports.values().chain(&module.globs);
        for import in named {
            uses.mention(read, id, module, &import.path, import.line);
        }
        let mentions = mentions::of(&module.items);
        for mention in &mentions.paths {
            uses.mention(read, id, module, &mention.path, mention.line);
        }
        for call in &mentions.methods {
            let name = call.path.first().map(String::as_str).unwrap_or_default();
            if let Some(&file) = foreign_methods.get(name) {
                uses.arrow(module.file, file, name, call.line);
            }
        }
    }
    uses
}

/// Methods that are written in another file than their type, where no other method of the crate has the name: calling one
/// uses that file, though no path says so.
fn methods_away_from_home(read: &Crate) -> BTreeMap<String, FileId> {
    let mut written: BTreeMap<String, Vec<(FileId, bool)>> = BTreeMap::new();
    for (place, module) in read.modules.iter().enumerate() {
        for method in mentions::methods_written(&module.items) {
            let home = read.meaning(ModuleId(place), &method.of);
            let away = matches!(home, Some(Meaning::Item(file)) if file != module.file);
            written.entry(method.name).or_default().push((module.file, away));
        }
    }
    let alone = written.into_iter().filter_map(|(name, places)| match places[..] {
        [(file, true)] => Some((name, file)),
        _ => None,
    });
    alone.collect()
}

impl Uses {
    fn mention(&mut self, read: &Crate, id: ModuleId, module: &Module, path: &[String], line: usize) {
        match read.meaning(id, path) {
            Some(Meaning::Item(file)) => {
                let name = path.last().map(String::as_str).unwrap_or_default();
                self.arrow(module.file, file, name, line);
            }
            // A module alone gives nothing yet: what is used of it is a path of its own.
            Some(Meaning::Module(_)) => {}
            None => {
                // A name alone is a variable, a primitive type, something of the prelude.
                let [first, _, ..] = path else { return };
                let outside = self.outside.entry(module.file).or_default();
                outside.entry(first.clone()).or_insert(line);
            }
        }
    }

    fn arrow(&mut self, from: FileId, to: FileId, name: &str, line: usize) {
        if from == to {
            return;
        }
        let taken = self.inside.entry((from, to)).or_default();
        if taken.names.is_empty() || line < taken.line {
            taken.line = line;
        }
        taken.names.insert(name.to_owned());
    }
}
