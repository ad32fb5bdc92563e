//! Which scenarios are about what a patch changes: the table `scenarios/touches.toml`.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The project's table travels with the program.
const TABLE: &str = include_str!("../../../scenarios/touches.toml");

/// Where the table's files are.
const DRIVER: &str = "drivers/net/ethernet/mellanox/mlx5/core";

static TOUCHES: LazyLock<Touches> = LazyLock::new(|| {
    // A test reads the same text.
    toml::from_str(TABLE).unwrap_or_default()
});

/// See the module's head.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touches {
    /// Scenarios for a change that no row is about.
    otherwise: Vec<String>,
    row: Vec<Row>,
}

/// Scenarios that are about a place in the driver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Files below the driver's folder, or in the kernel's tree; one that ends with `/` is a folder.
    files: Vec<String>,
    /// Functions in them. Without any the row is about what no other row for the file is about.
    #[serde(default)]
    functions: Vec<String>,
    /// Folders of scenarios, and `folder/name`.
    scenarios: Vec<String>,
}

impl Touches {
    /// The project's own.
    #[must_use]
    pub fn of_project() -> &'static Self {
        &TOUCHES
    }

    /// Folders and names of scenarios that are about changed files, each with the functions that change in it; without any
    /// functions all of the file may have changed.
    #[must_use]
    pub fn scenarios(&self, changed: &BTreeMap<PathBuf, BTreeSet<String>>) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (path, functions) in changed {
            found.extend(self.of_file(path, functions));
        }
        found
    }

    fn of_file(&self, path: &Path, functions: &BTreeSet<String>) -> BTreeSet<&str> {
        let rows = || self.row.iter().filter(|row| row.is_about(path));
        let mut found: Vec<&Row> = Vec::new();
        if functions.is_empty() {
            found.extend(rows());
        }
        for function in functions {
            let before = found.len();
            found.extend(rows().filter(|row| row.functions.contains(function)));
            if found.len() == before {
                found.extend(rows().filter(|row| row.functions.is_empty()));
            }
        }
        let names = found.iter().flat_map(|row| &row.scenarios);
        let mut names: BTreeSet<&str> = names.map(String::as_str).collect();
        if names.is_empty() {
            names.extend(self.otherwise.iter().map(String::as_str));
        }
        names
    }

    /// Every folder and name that the table has.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let rows = self.row.iter().flat_map(|row| &row.scenarios);
        rows.chain(&self.otherwise).map(String::as_str)
    }
}

impl Row {
    fn is_about(&self, path: &Path) -> bool {
        let inside = path.strip_prefix(DRIVER).unwrap_or(path);
        self.files.iter().any(|file| match file.strip_suffix('/') {
            Some(folder) => inside.starts_with(folder),
            None => inside == Path::new(file),
        })
    }
}

/// Whether the scenario `name`, as `folder/name`, is one of `chosen`.
#[must_use]
pub fn is_chosen(name: &str, chosen: &BTreeSet<&str>) -> bool {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    chosen.contains(name) || chosen.contains(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_table_names_what_there_is_and_every_folder() {
        let table: Touches = toml::from_str(TABLE).unwrap();
        assert_eq!(&table, Touches::of_project());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap()
            .join("scenarios");
        let named: BTreeSet<&str> = table.names().collect();
        for name in &named {
            let there = root.join(name).is_dir() || root.join(format!("{name}.json")).is_file();
            assert!(there, "scenarios/{name} is not there");
        }
        for entry in fs::read_dir(&root).unwrap() {
            let path = entry.unwrap().path();
            let folder = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                let covered = named.iter().any(|name| name.split('/').next() == Some(folder));
                assert!(covered, "no row of touches.toml has scenarios/{folder}");
            }
        }
    }

    #[test]
    fn functions_narrow_what_a_file_touches() {
        let table: Touches = toml::from_str(
            "otherwise = ['lifecycle']\n\
             [[row]]\nfiles = ['pagealloc.c']\nscenarios = ['page-waits']\n\
             [[row]]\nfiles = ['pagealloc.c']\nfunctions = ['give_pages']\nscenarios = ['command-interface/gate-give']\n\
             [[row]]\nfiles = ['esw/', 'eswitch.c']\nscenarios = ['eswitch-lock']\n",
        )
        .unwrap();
        let chosen = |path: &str, functions: &[&str]| {
            let functions = functions.iter().map(|name| (*name).to_owned()).collect();
            let path = PathBuf::from(DRIVER).join(path);
            let found = table.scenarios(&[(path, functions)].into());
            found.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            chosen("pagealloc.c", &["give_pages"]),
            "command-interface/gate-give"
        );
        assert_eq!(chosen("pagealloc.c", &["other"]), "page-waits");
        assert_eq!(
            chosen("pagealloc.c", &["other", "give_pages"]),
            "command-interface/gate-give page-waits"
        );
        assert_eq!(
            chosen("pagealloc.c", &[]),
            "command-interface/gate-give page-waits"
        );
        assert_eq!(chosen("esw/legacy.c", &["x"]), "eswitch-lock");
        assert_eq!(chosen("en_main.c", &["x"]), "lifecycle");
        let names = ["eswitch-lock", "page-waits/count-order"].into();
        assert!(is_chosen("eswitch-lock/lock-take-ahead", &names));
        assert!(is_chosen("page-waits/count-order", &names));
        assert!(!is_chosen("page-waits/served-in-wait", &names));
    }
}
