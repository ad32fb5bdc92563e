//! Where a path leads: through modules, imports and re-exports to the file that defines what it names.

use crate::modules::{Crate, FileId, Import, ModuleId};
use std::collections::BTreeSet;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A module: what is used of it stands further on in the path, or in paths that begin with its name.
    Module(ModuleId),
    /// An item that this file defines.
    Item(FileId),
}

/// Paths that are being looked up, so that imports that lead to each other end.
type Asked = BTreeSet<(ModuleId, Vec<String>)>;

impl Crate {
    /// What `path` names when it is written in `module`; `None` where it leads out of the crate or is not a path of items.
    #[must_use]
    pub fn meaning(&self, module: ModuleId, path: &[String]) -> Option<Meaning> {
        self.look_up(module, path, &mut Asked::new())
    }

    /// The module that the crate begins with, for a module in it.
    fn root_of(&self, module: ModuleId) -> ModuleId {
        let mut at = module;
        while let Some(parent) = self.modules[at.0].parent {
            at = parent;
        }
        at
    }

    fn look_up(&self, module: ModuleId, path: &[String], asked: &mut Asked) -> Option<Meaning> {
        if !asked.insert((module, path.to_vec())) {
            return None;
        }
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Meaning::Module(self.root_of(module)),
            "self" => Meaning::Module(module),
            "super" => Meaning::Module(self.modules[module.0].parent?),
            name => self.named(module, name, asked)?,
        };
        while let (Meaning::Module(inside), Some((next, further))) = (at, rest.split_first()) {
            at = match next.as_str() {
                "self" => at,
                "super" => Meaning::Module(self.modules[inside.0].parent?),
                name => self.named(inside, name, asked)?,
            };
            rest = further;
        }
        Some(at)
    }

    /// What a name means inside a module.
    fn named(&self, module: ModuleId, name: &str, asked: &mut Asked) -> Option<Meaning> {
        let inside = &self.modules[module.0];
        if let Some(&child) = inside.children.get(name) {
            return Some(Meaning::Module(child));
        }
        if inside.defines.iter().any(|defined| defined == name) {
            return Some(Meaning::Item(inside.file));
        }
        if let Some(import) = inside.imports.get(name) {
            return self.look_up(module, &import.path, asked);
        }
        let through = |glob: &Import| {
            let Some(Meaning::Module(source)) = self.look_up(module, &glob.path, &mut asked.clone()) else {
                return None;
            };
            (source != module)
                .then(|| self.named(source, name, &mut asked.clone()))
                .flatten()
        };
        inside.globs.iter().find_map(through)
    }
}
