//! From paths, filter, revisions and partition to the runs that are asked for.

use crate::cli::diagnostic;
use crate::cli::filter::{Filter, tags};
use crate::cli::job::{Backend, Build, Job, Loaded};
use crate::cli::library::{self, LookupError};
use crate::cli::naming::{file_stem, qualified_name};
use crate::cli::partition::Partition;
use crate::cli::streams;
use crate::scenario::{ReadError, ScenarioFile, TimeStep};
use crate::stage::linux::build::{is_there, kit_for};
use crate::stage::linux::scaling::scaled;
use driver::RevisionName;
use guest::kit::KitOptions;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// The scenario files that paths and names stand for, each once.
///
/// # Errors
/// Where a path cannot be read, or a name is not known.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, LookupError> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        for file in library::look_up(path)? {
            // Two ways to one file are one file.
            if seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// What was read: the valid scenarios, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Reading {
    /// The valid ones, in order.
    pub scenarios: Vec<Arc<Loaded>>,
    /// The others.
    pub errors: Vec<Refused>,
    /// Where a filter asks for tags, those of all valid scenarios, also of those that are left out.
    pub tags: BTreeSet<String>,
}

/// A file that yields no scenario.
#[derive(Debug)]
pub struct Refused {
    /// The file, as the command line leads to it.
    pub file: PathBuf,
    /// Why.
    pub why: RefusedBecause,
}

/// Why a file yields no scenario.
#[derive(Debug, thiserror::Error)]
pub enum RefusedBecause {
    /// It cannot be read, or is not valid.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Another of the selection has its name, so their results, snapshots and records would overwrite each other.
    #[error("{}: `{name}` is the name of {}, too", .file.display(), .other.display())]
    SameName {
        /// The file.
        file: PathBuf,
        /// The name.
        name: String,
        /// The other file.
        other: PathBuf,
    },
}

impl Refused {
    /// The name that its runs would have had, see [`Loaded::qualified_name`].
    #[must_use]
    pub fn qualified_name(&self) -> String {
        qualified_name(&self.file)
    }

    /// See [`Loaded::file_stem`].
    #[must_use]
    pub fn file_stem(&self) -> String {
        file_stem(&self.file)
    }

    /// Prints on stderr why.
    pub fn print(&self) {
        match &self.why {
            RefusedBecause::Unreadable(error) => diagnostic::print(error),
            same @ RefusedBecause::SameName { .. } => streams::error(same),
        }
    }
}

/// Reads the files under `paths` that `filter` means.
///
/// # Errors
/// Where a path cannot be read, or a name is not known.
pub fn read(paths: &[PathBuf], filter: &Filter) -> Result<Reading, LookupError> {
    let mut reading = Reading::default();
    for file in files(paths)? {
        match library::read(&file) {
            Ok(scenario) => {
                let loaded = Loaded { file, scenario };
                if filter.asks_for_tags() {
                    reading.tags.append(&mut tags(&loaded));
                }
                if filter.means(&loaded) {
                    reading.scenarios.push(Arc::new(loaded));
                }
            }
            Err(error) if filter.means_file(&file) => reading.errors.push(Refused {
                file,
                why: error.into(),
            }),
            Err(_) => {}
        }
    }
    refuse_same_names(&mut reading);
    Ok(reading)
}

/// Takes out the scenarios that cannot be told apart: those with one name, or with one name for files.
fn refuse_same_names(reading: &mut Reading) {
    let by = |name: fn(&Loaded) -> String| {
        let mut files: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for loaded in &reading.scenarios {
            files.entry(name(loaded)).or_default().push(loaded.file.clone());
        }
        files
    };
    let names = by(|loaded| loaded.scenario.name.clone());
    let outputs = by(Loaded::file_stem);
    let mut unlike = Vec::new();
    for loaded in std::mem::take(&mut reading.scenarios) {
        let same = [
            (loaded.scenario.name.clone(), &names),
            (loaded.file_stem(), &outputs),
        ];
        let clash = same.into_iter().find_map(|(name, files)| {
            let mut files = files.get(&name).into_iter().flatten();
            let other = files.find(|file| **file != loaded.file)?.clone();
            Some((name, other))
        });
        match clash {
            None => unlike.push(loaded),
            Some((name, other)) => reading.errors.push(Refused {
                file: loaded.file.clone(),
                why: RefusedBecause::SameName {
                    file: loaded.file.clone(),
                    name,
                    other,
                },
            }),
        }
    }
    reading.scenarios = unlike;
}

/// The runs of `scenarios` with a driver of ours: every revision a file names, or only `revision`, as far as they are in
/// `partition`.
#[must_use]
pub fn jobs(
    scenarios: &[Arc<Loaded>],
    backend: Backend,
    revision: Option<RevisionName>,
    partition: Option<Partition>,
) -> Vec<Job> {
    let mut jobs = Vec::new();
    for loaded in in_part(scenarios, partition) {
        for named in loaded.scenario.revisions() {
            if revision.is_none_or(|revision| revision == named) {
                jobs.push(Job {
                    loaded: Arc::clone(loaded),
                    revision: named,
                    backend,
                    build: None,
                });
            }
        }
    }
    jobs
}

/// The scenarios of a part. All runs of a scenario are in one: what they differ in is seen side by side.
fn in_part(scenarios: &[Arc<Loaded>], partition: Option<Partition>) -> impl Iterator<Item = &Arc<Loaded>> {
    let is_in = move |name: &str| partition.is_none_or(|partition| partition.contains(name));
    let all = scenarios.iter();
    all.filter(move |loaded| is_in(&loaded.qualified_name()))
}

/// The runs of `scenarios` on Linux, each once on every build, in an order in which those that need the same guest follow each
/// other, and long ones come first: nobody waits for one at the end. A build that names no driver is the one that the scenario needs, where it is there.
#[must_use]
pub fn linux_jobs(
    scenarios: &[Arc<Loaded>],
    judged_as: RevisionName,
    partition: Option<Partition>,
    builds: &[Build],
) -> Vec<Job> {
    let mut jobs = Vec::new();
    for build in builds {
        let mut known: BTreeMap<KitOptions, bool> = BTreeMap::new();
        let mut of_build: Vec<Job> = in_part(scenarios, partition)
            .map(|loaded| {
                let kit = kit_for(&loaded.scenario, &build.kit, |kit| {
                    *known.entry(kit.clone()).or_insert_with(|| is_there(kit))
                });
                Job {
                    loaded: Arc::clone(loaded),
                    revision: judged_as,
                    backend: Backend::Linux,
                    build: Some(Arc::new(Build { kit, ..build.clone() })),
                }
            })
            .collect();
        of_build.sort_by_cached_key(|job| {
            let kit = job.build.as_ref().map(|build| build.kit.clone());
            (kit, Reverse(pauses(&job.loaded.scenario)))
        });
        jobs.extend(of_build);
    }
    jobs
}

/// For how long a scenario lets time pass on a wall clock, in ms.
fn pauses(scenario: &ScenarioFile) -> u64 {
    let scaled = scaled(scenario);
    let pauses = scaled.steps.iter().filter_map(|step| match step.time {
        Some(TimeStep::PassMs(ms)) => Some(ms),
        _ => None,
    });
    pauses.sum()
}
