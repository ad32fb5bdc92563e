//! What is reviewed, and what was before: from words of the command line to a driver's module.

use super::problem::ReviewError;
use crate::cli::review_arguments::ReviewArguments;
use crate::cli::setup::Report;
use crate::cli::streams;
use crate::review::applying::{Applied, apply};
use crate::review::kept::hash_of;
use guest::kit::{Configuration, Kit, KitError, KitOptions, SourceChange, Workshop, setup};
use patches::Series;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a kernel's tree has.
const DRIVER: &str = "drivers/net/ethernet/mellanox/mlx5/core";

/// Where a driver's module comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The distribution has built it.
    Distribution,
    /// It is built with patches, on the distribution's source or a tree.
    Patches {
        paths: Vec<PathBuf>,
        tree: Option<PathBuf>,
    },
    /// It is built from a tree.
    Tree(PathBuf),
    /// Somebody has built it.
    Modules(PathBuf),
}

/// The same with the patches read.
#[derive(Clone, Debug)]
pub(super) enum Material {
    Distribution,
    Source { series: Series, tree: Option<PathBuf> },
    Modules(PathBuf),
}

/// A driver that can run.
pub(super) struct Side {
    /// What the guest is made of.
    pub(super) options: KitOptions,
    pub(super) kit: Kit,
    /// The driver in words.
    pub(super) words: String,
    /// The patches, by their subjects.
    pub(super) patches: Vec<String>,
    /// Files that differ from the distribution's, with the functions where they are known.
    pub(super) touched: Option<BTreeMap<PathBuf, BTreeSet<String>>>,
    /// What may surprise.
    pub(super) notes: Vec<String>,
}

impl Source {
    /// What is to be reviewed.
    pub(super) fn of_subject(arguments: &ReviewArguments) -> Result<Self, ReviewError> {
        if let Some(folder) = &arguments.modules {
            if !folder.is_dir() || !guest::kit::has_driver(folder)? {
                let message = format!("there is no mlx5_core.ko in {}", folder.display());
                return Err(ReviewError::Usage(message));
            }
            return Ok(Self::Modules(folder.clone()));
        }
        match (arguments.patches.as_slice(), &arguments.tree) {
            ([], Some(tree)) => checked_tree(tree).map(Self::Tree),
            (paths, Some(tree)) => Ok(Self::Patches {
                paths: paths.to_vec(),
                tree: Some(checked_tree(tree)?),
            }),
            ([path], None) => Self::of_path(path),
            (paths, None) => Ok(Self::Patches {
                paths: paths.to_vec(),
                tree: None,
            }),
        }
    }

    /// What was before.
    pub(super) fn of_base(arguments: &ReviewArguments) -> Result<Self, ReviewError> {
        match (&arguments.base, &arguments.tree) {
            (Some(base), tree) => Ok(match Self::of_path(base)? {
                Self::Patches { paths, .. } => Self::Patches {
                    paths,
                    tree: tree.as_deref().map(checked_tree).transpose()?,
                },
                other => other,
            }),
            // Patches on a tree are compared with the tree.
            (None, Some(tree)) if !arguments.patches.is_empty() => checked_tree(tree).map(Self::Tree),
            (None, _) => Ok(Self::Distribution),
        }
    }

    fn of_path(path: &Path) -> Result<Self, ReviewError> {
        let about =
            fs::metadata(path).map_err(|cause| ReviewError::Usage(format!("{}: {cause}", path.display())))?;
        if about.is_dir() {
            if path.join(DRIVER).is_dir() {
                return Ok(Self::Tree(path.to_owned()));
            }
            if guest::kit::has_driver(path)? {
                return Ok(Self::Modules(path.to_owned()));
            }
        }
        Ok(Self::Patches {
            paths: vec![path.to_owned()],
            tree: None,
        })
    }

    /// Reads the patches.
    pub(super) fn read(self) -> Result<Material, ReviewError> {
        Ok(match self {
            Self::Distribution => Material::Distribution,
            Self::Modules(folder) => Material::Modules(folder),
            Self::Tree(tree) => Material::Source {
                series: Series::default(),
                tree: Some(tree),
            },
            Self::Patches { paths, tree } => Material::Source {
                series: patches::read(&paths)?,
                tree,
            },
        })
    }
}

fn checked_tree(tree: &Path) -> Result<PathBuf, ReviewError> {
    if tree.join(DRIVER).is_dir() {
        return Ok(tree.to_owned());
    }
    let message = format!("{} is no kernel's tree: it has no {DRIVER}", tree.display());
    Err(ReviewError::Usage(message))
}

impl Side {
    /// Makes it, which may fetch what is missing and take minutes the first time.
    pub(super) fn build(material: &Material, arguments: &ReviewArguments) -> Result<Self, ReviewError> {
        let options = KitOptions {
            qemu: arguments.qemu.clone(),
            subfunctions: arguments.subfunctions,
            without_eswitch: arguments.no_eswitch,
            ..KitOptions::default()
        };
        match material {
            Material::Distribution => {
                let kit = complete(&options)?;
                let release = kit.kernel_release().unwrap_or("of unknown release").to_owned();
                let words = match (options.subfunctions, options.without_eswitch) {
                    (true, _) => format!("the distribution's source of Linux {release}, with sub-functions"),
                    (_, true) => format!("the distribution's source of Linux {release}, without eswitch"),
                    _ => format!("the distribution's module of Linux {release}"),
                };
                Ok(Self {
                    options,
                    kit,
                    words,
                    patches: Vec::new(),
                    touched: Some(BTreeMap::new()),
                    notes: Vec::new(),
                })
            }
            Material::Modules(folder) => {
                complete(&KitOptions {
                    subfunctions: false,
                    without_eswitch: false,
                    ..options.clone()
                })?;
                let options = KitOptions {
                    modules: Some(guest::kit::with_other_modules(folder)?),
                    ..options
                };
                Ok(Self {
                    kit: complete(&options)?,
                    options,
                    words: format!("the module in {}", folder.display()),
                    patches: Vec::new(),
                    touched: None,
                    notes: Vec::new(),
                })
            }
            Material::Source { series, tree } => Self::built(series, tree.as_deref(), options),
        }
    }

    fn built(series: &Series, tree: Option<&Path>, options: KitOptions) -> Result<Self, ReviewError> {
        let workshop = workshop(&options)?;
        let release = workshop.release().to_owned();
        let mut notes = series.notes.clone();
        let mut configuration = match (options.subfunctions, options.without_eswitch) {
            (true, _) => Configuration::with_subfunctions(),
            (_, true) => Configuration::without_eswitch(),
            _ => Configuration::default(),
        };
        let mut base = SourceChange::default();
        let mut source_name = format!("the distribution's source of Linux {release}");
        if let Some(tree) = tree {
            base = workshop.change_of(tree)?;
            source_name = tree.display().to_string();
            if configuration.is_usual() {
                configuration = configuration_of(&workshop, tree, &mut notes)?;
            }
        }
        let mut touched: BTreeMap<PathBuf, BTreeSet<String>> = base
            .paths()
            .map(|path| (path.to_owned(), BTreeSet::new()))
            .collect();
        let applied = match series.patches.is_empty() {
            true => Applied {
                change: base,
                ..Applied::default()
            },
            false => {
                let applied = apply(&workshop, base, &source_name, series)?;
                // Of a tree with patches only these are under review.
                touched = applied.touched.clone();
                applied
            }
        };
        notes.extend(applied.remarks.iter().cloned());
        notes.extend(foreign(&applied));
        let modules = workshop.build(&applied.change, &configuration, &mut Report::default())?;
        let options = KitOptions {
            modules: Some(modules),
            ..options
        };
        let configured = match configuration.is_usual() {
            true => String::new(),
            false => format!(", {configuration}"),
        };
        let words = match series.patches.len() {
            0 => format!("{source_name}{configured}"),
            1 => format!("{source_name} with the patch{configured}"),
            patches => format!("{source_name} with {patches} patches{configured}"),
        };
        Ok(Self {
            kit: complete(&options)?,
            options,
            words,
            patches: series.patches.iter().map(|patch| patch.title.clone()).collect(),
            touched: Some(touched),
            notes,
        })
    }

    /// All that decides what a run of it shows, but for the scenario.
    pub(super) fn setting(&self, arguments: &ReviewArguments) -> Option<String> {
        let program = fs::read(std::env::current_exe().ok()?).ok()?;
        let module = fs::read(self.kit.driver().ok()??).ok()?;
        let kernel = fs::read(self.kit.kernel()).ok()?;
        Some(format!(
            "{} {} {} {:?} {:?} {} {:?}",
            hash_of(&program),
            hash_of(&module),
            hash_of(&kernel),
            self.kit.qemu_version(),
            arguments.qemu,
            arguments.full,
            arguments.expect.revision(),
        ))
    }
}

/// What a tree's `.config` says; without one the distribution's holds.
fn configuration_of(
    workshop: &Workshop,
    tree: &Path,
    notes: &mut Vec<String>,
) -> Result<Configuration, ReviewError> {
    let place = tree.join(".config");
    let text = match fs::read_to_string(&place) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            notes.push("the tree has no .config: the distribution's configuration is used".to_owned());
            return Ok(Configuration::default());
        }
        Err(cause) => {
            let what = place.display().to_string();
            return Err(ReviewError::Io { what, cause });
        }
    };
    match workshop.configuration_of(&text)? {
        Some(configuration) => Ok(configuration),
        None => {
            let note = "the tree's .config has no mlx5_core: the distribution's configuration is used";
            notes.push(note.to_owned());
            Ok(Configuration::default())
        }
    }
}

/// What is said of files that are no part of the module.
fn foreign(applied: &Applied) -> Vec<String> {
    let list = |paths: &mut dyn Iterator<Item = &Path>| -> Vec<String> {
        paths.map(|path| path.display().to_string()).collect()
    };
    let mut notes = Vec::new();
    let others = list(&mut applied.foreign.iter().map(PathBuf::as_path));
    if !others.is_empty() {
        notes.push(format!(
            "no part of mlx5_core, and left out: {}",
            others.join(", ")
        ));
    }
    let headers = list(&mut applied.change.foreign_headers());
    if !headers.is_empty() {
        notes.push(format!(
            "only mlx5_core is compiled with the new {}",
            headers.join(", ")
        ));
    }
    let configures = |path: &&Path| path.ends_with("Kconfig");
    let kconfig = list(&mut applied.change.paths().filter(configures));
    if !kconfig.is_empty() {
        notes.push(format!(
            "{} is not evaluated: switches stay as they are",
            kconfig.join(", ")
        ));
    }
    notes
}

/// The kit, with what is missing of it fetched.
fn complete(options: &KitOptions) -> Result<Kit, ReviewError> {
    match Kit::locate(options) {
        Err(KitError::Missing { what, .. }) => {
            streams::note(format_args!("{what} is not there yet: setting up"));
            Ok(setup(options, &mut Report::default())?)
        }
        other => Ok(other?),
    }
}

/// The workshop, fetched if it is not there.
fn workshop(options: &KitOptions) -> Result<Workshop, ReviewError> {
    match Workshop::locate() {
        Err(KitError::Missing { what, .. }) => {
            streams::note(format_args!("{what} is not there yet: setting up"));
            let options = KitOptions {
                workshop: true,
                subfunctions: false,
                without_eswitch: false,
                ..options.clone()
            };
            setup(&options, &mut Report::default())?;
            Ok(Workshop::locate()?)
        }
        other => Ok(other?),
    }
}
