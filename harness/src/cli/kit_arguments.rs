//! Which guest kit a verb uses.

use super::backend::quoted;
use super::job::{Backend, Build};
use clap::Args;
use driver::RevisionName;
use guest::kit::KitOptions;
use std::path::{Path, PathBuf};

/// Builds that stand side by side.
const MOST_BUILDS: usize = 4;

/// Parts of the guest kit that are one's own.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct KitArguments {
    /// This QEMU instead of the kit's.
    #[arg(long, value_name = "PATH")]
    qemu: Option<PathBuf>,
    /// This kernel instead of the kit's.
    #[arg(long, value_name = "PATH")]
    kernel: Option<PathBuf>,
    /// The modules under this folder instead of the kit's. `run` takes several and puts them side by side; `kit` is the kit's own.
    #[arg(long, value_name = "DIR")]
    modules: Vec<PathBuf>,
    /// The module with scalable functions.
    #[arg(long, conflicts_with = "no_eswitch")]
    subfunctions: bool,
    /// The module without the embedded switch.
    #[arg(long)]
    no_eswitch: bool,
}

impl KitArguments {
    /// The same for the kit.
    pub(crate) fn options(&self) -> KitOptions {
        KitOptions {
            qemu: self.qemu.clone(),
            kernel: self.kernel.clone(),
            modules: self.modules.last().filter(|path| !is_kit(path)).cloned(),
            subfunctions: self.subfunctions,
            without_eswitch: self.no_eswitch,
            workshop: false,
        }
    }

    /// The builds of the Linux driver that stand side by side, each with a label of its own.
    ///
    /// # Errors
    /// Too many, or one twice.
    pub(crate) fn builds(&self) -> Result<Vec<Build>, BuildsError> {
        let build = |modules: Option<&PathBuf>, label: String| Build {
            label,
            kit: KitOptions {
                modules: modules.filter(|path| !is_kit(path)).cloned(),
                ..self.options()
            },
            words: self.words(modules),
        };
        if self.modules.len() < 2 {
            return Ok(vec![build(self.modules.first(), Backend::Linux.to_string())]);
        }
        if self.modules.len() > MOST_BUILDS {
            return Err(BuildsError::TooMany(self.modules.len()));
        }
        let labels = labels(&self.modules);
        let mut builds: Vec<Build> = Vec::new();
        for (modules, label) in self.modules.iter().zip(labels) {
            if builds.iter().any(|build| build.label == label) {
                return Err(BuildsError::Twice(modules.clone()));
            }
            builds.push(build(Some(modules), label));
        }
        Ok(builds)
    }

    /// The arguments that name the parts, each with a blank in front, as a shell takes them.
    fn words(&self, modules: Option<&PathBuf>) -> String {
        let paths = [
            ("--qemu", self.qemu.as_ref()),
            ("--kernel", self.kernel.as_ref()),
            ("--modules", modules),
        ];
        let paths = paths
            .into_iter()
            .filter_map(|(name, path)| Some(format!(" {name} {}", quoted(&path?.display().to_string()))));
        let switches = [
            ("--subfunctions", self.subfunctions),
            ("--no-eswitch", self.no_eswitch),
        ];
        let switches = switches
            .into_iter()
            .filter(|(_, on)| *on)
            .map(|(name, _)| format!(" {name}"));
        paths.chain(switches).collect()
    }
}

/// What cannot stand side by side.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum BuildsError {
    /// There is not so much room in a table.
    #[error("{0} builds are more than stand side by side: {MOST_BUILDS} at the most")]
    TooMany(usize),
    /// A build cannot be told from itself.
    #[error("--modules {}: it is named twice", .0.display())]
    Twice(PathBuf),
}

/// The word for the kit's own modules. A folder of this name is `./kit`.
const KIT: &str = "kit";

fn is_kit(path: &Path) -> bool {
    path == Path::new(KIT)
}

/// For each path its last parts, as many as tell it from the others.
fn labels(paths: &[PathBuf]) -> Vec<String> {
    let label = |path: &PathBuf, parts: usize| {
        let all: Vec<_> = path
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        let from = all.len().saturating_sub(parts);
        all.get(from..).unwrap_or_default().join("/")
    };
    let longest = paths
        .iter()
        .map(|path| path.components().count())
        .max()
        .unwrap_or(1);
    let tells = |labels: &[String]| {
        let mut sorted = labels.to_vec();
        sorted.sort();
        sorted.dedup();
        // The columns of our own drivers are called by their revisions.
        let is_ours = |label: &String| label.parse::<RevisionName>().is_ok();
        sorted.len() == labels.len() && !labels.iter().any(is_ours)
    };
    let all = (1..=longest).map(|parts| paths.iter().map(|path| label(path, parts)).collect::<Vec<_>>());
    let mut last = Vec::new();
    for labels in all {
        if tells(&labels) {
            return labels;
        }
        last = labels;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(modules: &[&str]) -> KitArguments {
        KitArguments {
            modules: modules.iter().map(PathBuf::from).collect(),
            ..KitArguments::default()
        }
    }

    #[test]
    fn builds_are_told_apart_by_their_last_parts() {
        let labels = |modules: &[&str]| {
            let builds = of(modules).builds().expect("builds");
            builds.into_iter().map(|build| build.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(&[]), ["linux"]);
        assert_eq!(labels(&["/a/v1"]), ["linux"]);
        assert_eq!(labels(&["kit", "/a/v1", "/a/v2"]), ["kit", "v1", "v2"]);
        assert_eq!(
            labels(&["/v1/modules", "/v2/modules"]),
            ["v1/modules", "v2/modules"]
        );
        assert_eq!(labels(&["/a/merged", "/a/v2"]), ["a/merged", "a/v2"]);
    }

    #[test]
    fn what_cannot_stand_side_by_side_is_refused() {
        assert!(matches!(of(&["/a", "/a"]).builds(), Err(BuildsError::Twice(_))));
        assert_eq!(
            of(&["a", "b", "c", "d", "e"]).builds(),
            Err(BuildsError::TooMany(5))
        );
    }

    #[test]
    fn a_run_is_repeated_on_the_same_parts() {
        let arguments = KitArguments {
            qemu: Some("/my qemu".into()),
            no_eswitch: true,
            ..of(&["/m"])
        };
        let builds = arguments.builds().expect("one");
        assert_eq!(builds[0].words, " --qemu '/my qemu' --modules /m --no-eswitch");
        assert_eq!(of(&["kit", "/m"]).builds().expect("two")[0].kit.modules, None);
    }
}
