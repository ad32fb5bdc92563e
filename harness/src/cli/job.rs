//! One run: a scenario, a revision, and where the driver runs.

use crate::cli::naming::{file_stem, qualified_name};
use crate::scenario::ScenarioFile;
use clap::ValueEnum;
use driver::RevisionName;
use guest::kit::KitOptions;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a driver runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// Driver and device in this process.
    Inproc,
    /// Our driver in this process, the device in another one, behind vfio-user sockets.
    Socket,
    /// Our driver in a QEMU guest, on functions that are plugged in there; the device in another process.
    Guest,
    /// The unmodified Linux driver in a QEMU guest.
    Linux,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inproc => "inproc",
            Self::Socket => "socket",
            Self::Guest => "guest",
            Self::Linux => "linux",
        })
    }
}

/// A scenario and the file it was read from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file, as the command line leads to it.
    pub file: PathBuf,
    /// The scenario.
    pub scenario: ScenarioFile,
}

/// One run: a scenario under one revision.
#[derive(Clone, Debug)]
pub struct Job {
    /// The scenario.
    pub loaded: Arc<Loaded>,
    /// The revision; on `linux` the one whose expectations Linux is judged by.
    pub revision: RevisionName,
    /// Where the driver runs.
    pub backend: Backend,
    /// The build of the Linux driver; none where a driver of ours runs.
    pub build: Option<Arc<Build>>,
}

/// A build of the Linux driver, and how a run on it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// What it is called where several stand side by side; `linux` if it is the only one.
    pub label: String,
    /// The parts of its guest.
    pub kit: KitOptions,
    /// The arguments that name them, as a shell takes them, each with a blank in front.
    pub words: String,
}

impl Build {
    /// The kit's own, without another beside it.
    #[must_use]
    pub fn unnamed() -> Self {
        Self {
            label: Backend::Linux.to_string(),
            kit: KitOptions::default(),
            words: String::new(),
        }
    }
}

impl Job {
    /// The driver that runs: a revision of ours, or a build of Linux'.
    #[must_use]
    pub fn driver(&self) -> String {
        match self.backend {
            Backend::Linux => match &self.build {
                Some(build) => build.label.clone(),
                None => self.backend.to_string(),
            },
            Backend::Inproc | Backend::Socket | Backend::Guest => self.revision.to_string(),
        }
    }

    /// The run's name, `folder/name::revision`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}::{}", self.loaded.qualified_name(), self.driver())
    }

    /// The run's name as the name of a file, `folder__name@revision`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}@{}", self.loaded.file_stem(), self.driver())
    }
}

impl Loaded {
    /// `folder/name`; without the folder where the file lies directly among the scenarios.
    #[must_use]
    pub fn qualified_name(&self) -> String {
        qualified_name(&self.file)
    }

    /// The same as the beginning of files' names, `folder__name`.
    #[must_use]
    pub fn file_stem(&self) -> String {
        file_stem(&self.file)
    }
}
