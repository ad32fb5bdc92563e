//! Which modules there are, and which others each needs.

use super::compression::{Form, split_name, unpack};
use super::error::ImageError;
use super::modinfo::{ModuleInfo, canonical, of_file};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The module files of one kernel.
pub struct ModuleFolder {
    folder: PathBuf,
    files: BTreeMap<String, (PathBuf, Form)>,
}

/// One module, ready to insert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// As the kernel knows it.
    pub name: String,
    /// Its file, not compressed.
    pub bytes: Vec<u8>,
}

impl ModuleFolder {
    /// Finds every module below a folder. `instead` are files that stand in for those of the same name.
    pub fn read(folder: &Path, instead: &[PathBuf]) -> Result<Self, ImageError> {
        let mut paths = Vec::new();
        find(folder, &mut paths)?;
        // Distributions let `updates` win over what came with the kernel.
        paths.sort_by_key(|path| {
            (
                !path.components().any(|part| part.as_os_str() == "updates"),
                path.clone(),
            )
        });
        let mut files = BTreeMap::new();
        for path in paths {
            if let Some((name, form)) = name_of(&path) {
                files.entry(name).or_insert((path, form));
            }
        }
        for path in instead {
            let (name, form) =
                name_of(path).ok_or_else(|| not_a_module(path, "its name does not end in .ko"))?;
            // A rebuilt module may lie under another file name.
            let name = load(path, form)?.1.name.unwrap_or(name);
            files.insert(name, (path.clone(), form));
        }
        Ok(Self {
            folder: folder.to_owned(),
            files,
        })
    }

    /// Whether there is a module with this name.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(&canonical(name))
    }

    /// The modules with these names and all that they depend on, each after its dependencies.
    pub fn with_dependencies(&self, names: &[String]) -> Result<Vec<Module>, ImageError> {
        let mut modules = Vec::new();
        for name in names {
            self.visit(&canonical(name), &mut Vec::new(), &mut modules)?;
        }
        Ok(modules)
    }

    fn visit(&self, name: &str, above: &mut Vec<String>, done: &mut Vec<Module>) -> Result<(), ImageError> {
        if done.iter().any(|module| module.name == name) {
            return Ok(());
        }
        let needed_by_module = above.last().cloned();
        let seen = above.iter().position(|other| other == name);
        above.push(name.to_owned());
        if let Some(first) = seen {
            return Err(ImageError::Circle {
                names: above.split_off(first),
            });
        }
        let Some((path, form)) = self.files.get(name) else {
            let folder = self.folder.clone();
            return Err(ImageError::NoSuchModule {
                name: name.to_owned(),
                folder,
                needed_by_module,
            });
        };
        let (bytes, info) = load(path, *form)?;
        for dependency in &info.depends {
            self.visit(dependency, above, done)?;
        }
        above.pop();
        done.push(Module {
            name: name.to_owned(),
            bytes,
        });
        Ok(())
    }
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), ImageError> {
    for entry in fs::read_dir(folder).map_err(ImageError::file(folder))? {
        let entry = entry.map_err(ImageError::file(folder))?;
        let kind = entry.file_type().map_err(ImageError::file(folder))?;
        // Links are not followed: `build` and `source` lead out of the folder.
        if kind.is_dir() {
            find(&entry.path(), paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> Option<(String, Form)> {
    let (name, form) = split_name(path.file_name()?.to_str()?)?;
    Some((canonical(name), form))
}

fn load(path: &Path, form: Form) -> Result<(Vec<u8>, ModuleInfo), ImageError> {
    let packed = fs::read(path).map_err(ImageError::file(path))?;
    let bytes = unpack(&packed, form).map_err(ImageError::file(path))?;
    let info = of_file(&bytes).map_err(|why| not_a_module(path, &why))?;
    Ok((bytes, info))
}

fn not_a_module(path: &Path, why: &str) -> ImageError {
    ImageError::NotAModule {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}
