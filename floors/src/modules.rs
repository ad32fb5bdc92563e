//! The modules of one crate: which file is which module, and what each one names.
//!
//! Code that exists only in tests is left out: a test may look wherever it likes.

use crate::error::FloorsError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::{Attribute, Item, ItemMod, UseTree};

/// A module, by its place in [`Crate::modules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModuleId(pub usize);

/// A file, by its place in [`Crate::files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub usize);

/// One source file.
#[derive(Debug)]
pub struct SourceFile {
    /// Its path from the crate's sources, with slashes.
    pub path: String,
}

/// What a `use` brings into a module.
#[derive(Clone, Debug)]
pub struct Import {
    /// The path, first segment first.
    pub path: Vec<String>,
    /// Its line.
    pub line: usize,
}

/// One module.
#[derive(Debug)]
pub struct Module {
    /// The file that holds it.
    pub file: FileId,
    /// The module around it; `None` for a crate's root.
    pub parent: Option<ModuleId>,
    /// The modules in it.
    pub children: BTreeMap<String, ModuleId>,
    /// What it defines itself.
    pub defines: Vec<String>,
    /// What it imports, by the name it is known by here.
    pub imports: BTreeMap<String, Import>,
    /// What it imports everything of.
    pub globs: Vec<Import>,
    /// Its items, without modules and imports.
    pub items: Vec<Item>,
}

/// One crate, as read.
#[derive(Debug, Default)]
pub struct Crate {
    /// Its files.
    pub files: Vec<SourceFile>,
    /// Its modules.
    pub modules: Vec<Module>,
    /// Its roots: the library, the program.
    pub roots: Vec<ModuleId>,
}

/// Reads the crate whose sources lie in `sources`.
///
/// # Errors
/// [`FloorsError`] when a file is missing or is not Rust.
pub fn read(sources: &Path) -> Result<Crate, FloorsError> {
    let mut found = Crate::default();
    for root in ["lib.rs", "main.rs"] {
        let path = sources.join(root);
        if path.is_file() {
            let module = found.file(sources, &path, sources.to_path_buf(), None)?;
            found.roots.push(module);
        }
    }
    Ok(found)
}

impl Crate {
    /// Reads one file as a module; its children's files lie in `folder`.
    fn file(
        &mut self,
        sources: &Path,
        path: &Path,
        folder: PathBuf,
        parent: Option<ModuleId>,
    ) -> Result<ModuleId, FloorsError> {
        let text = std::fs::read_to_string(path).map_err(|cause| FloorsError::File {
            path: path.to_path_buf(),
            cause,
        })?;
        let parsed = syn::parse_file(&text).map_err(|cause| FloorsError::Source {
            path: path.to_path_buf(),
            line: cause.span().start().line,
            cause,
        })?;
        let file = FileId(self.files.len());
        let within = path.strip_prefix(sources).unwrap_or(path);
        self.files.push(SourceFile {
            path: within.to_string_lossy().replace('\\', "/"),
        });
        self.module(sources, path, folder, file, parent, parsed.items)
    }

    fn module(
        &mut self,
        sources: &Path,
        path: &Path,
        folder: PathBuf,
        file: FileId,
        parent: Option<ModuleId>,
        items: Vec<Item>,
    ) -> Result<ModuleId, FloorsError> {
        let id = ModuleId(self.modules.len());
        self.modules.push(Module {
            file,
            parent,
            children: BTreeMap::new(),
            defines: Vec::new(),
            imports: BTreeMap::new(),
            globs: Vec::new(),
            items: Vec::new(),
        });
        for item in items {
            if is_of_tests(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(declared) => {
                    let name = declared.ident.to_string();
                    let child = self.child(sources, path, &folder, file, id, declared)?;
                    self.modules[id.0].children.insert(name, child);
                }
                Item::Use(item) => {
                    let line = item.span().start().line;
                    add_imports(&mut self.modules[id.0], &mut Vec::new(), line, &item.tree);
                }
                item => {
                    let module = &mut self.modules[id.0];
                    module.defines.extend(name_of(&item));
                    module.items.push(item);
                }
            }
        }
        Ok(id)
    }

    fn child(
        &mut self,
        sources: &Path,
        path: &Path,
        folder: &Path,
        file: FileId,
        parent: ModuleId,
        declared: ItemMod,
    ) -> Result<ModuleId, FloorsError> {
        let name = declared.ident.to_string();
        let below = folder.join(&name);
        if let Some((_, items)) = declared.content {
            return self.module(sources, path, below, file, Some(parent), items);
        }
        let candidates = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
        let found = candidates.into_iter().find(|candidate| candidate.is_file());
        let found = found.ok_or_else(|| FloorsError::NoModule {
            path: path.to_path_buf(),
            module: name,
        })?;
        self.file(sources, &found, below, Some(parent))
    }
}

/// Whether something exists only while tests are built.
fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|condition| condition == "test")
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn add_imports(module: &mut Module, path: &mut Vec<String>, line: usize, tree: &UseTree) {
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            add_imports(module, path, line, &part.tree);
            path.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                add_imports(module, path, line, tree);
            }
        }
        UseTree::Glob(_) => module.globs.push(Import {
            path: path.clone(),
            line,
        }),
        UseTree::Name(name) => add_import(module, path, line, &name.ident.to_string(), None),
        UseTree::Rename(renamed) => {
            add_import(
                module,
                path,
                line,
                &renamed.ident.to_string(),
                Some(&renamed.rename),
            );
        }
    }
}

fn add_import(module: &mut Module, path: &[String], line: usize, name: &str, rename: Option<&syn::Ident>) {
    let mut path = path.to_vec();
    // `use a::b::{self}` names `b`.
    if name != "self" {
        path.push(name.to_owned());
    }
    let known = match rename {
        // A trait brought in for its methods alone: it has no name here, and must not displace another one.
        Some(renamed) if renamed == "_" => format!("_ of line {line} {name}"),
        Some(renamed) => renamed.to_string(),
        None => path.last().cloned().unwrap_or_default(),
    };
    module.imports.insert(known, Import { path, line });
}
