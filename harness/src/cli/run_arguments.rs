//! The arguments of `run`.

use super::filter::Filter;
use super::kit_arguments::KitArguments;
use super::{job, library, outputs, partition};
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What `run` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct RunArguments {
    /// Scenario files or folders, or names as `list` prints them.
    #[arg(default_value = library::FOLDER)]
    pub(super) paths: Vec<PathBuf>,
    /// Revision of the driver; `all` are those that a file names.
    #[arg(long, value_enum, default_value = "all")]
    pub(super) revision: RevisionChoice,
    /// Where the driver runs.
    #[arg(long, value_enum, default_value = "inproc")]
    pub(super) backend: job::Backend,
    #[command(flatten)]
    pub(super) filter: Filter,
    /// Only what failed when it was last run from this folder.
    #[arg(long)]
    pub(super) failed: bool,
    /// Stop at the first case that is not as expected.
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Draw from this seed what happens next: tasks, interrupts, firmware.
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How many runs there are at once, each in a guest of its own where guests are booted. The output is the same whatever the
    /// number. Without it as many as there are cores, on linux twice as many; four at the most.
    #[arg(short, long, visible_alias = "guests", value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(super) output: outputs::OutputArguments,
    /// Write the command stream of one run as JSON lines; into a folder that is there, a file for each run.
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) commands: Option<PathBuf>,
    /// Run the M-th of N parts, as `hash:1/4`.
    #[arg(long, value_name = "hash:M/N")]
    pub(super) partition: Option<partition::Partition>,
    /// Compare each run with its snapshot in this folder.
    #[arg(long, value_name = "DIR")]
    pub(super) snapshots: Option<PathBuf>,
    /// Write the snapshots instead.
    #[arg(long, requires = "snapshots")]
    pub(super) update: bool,
    /// Write what a run showed into its scenario's file and its snapshot, where it is not as expected; what changes is
    /// shown.
    #[arg(long, conflicts_with = "seed")]
    pub(super) accept: bool,
    /// Write an artifact of each run into this folder, for `replay`.
    #[arg(long, value_name = "DIR")]
    pub(super) record: Option<PathBuf>,
    /// Also what waits long on a wall clock (nothing in process does).
    #[arg(long)]
    pub(super) full: bool,
    #[command(flatten)]
    pub(super) socket: SocketArguments,
    /// Revision whose expectations the Linux driver is judged by, for a kernel of one's own.
    #[arg(long, value_enum, default_value = "merged", value_name = "REVISION")]
    pub(super) expect: Judge,
    #[command(flatten)]
    pub(super) kit: KitArguments,
}

/// What `run --backend socket` is told of the server.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Server, with --backend socket")]
pub(super) struct SocketArguments {
    /// The device lives by the wall clock, as hardware does: long limits are scaled, and a run is compared with one in this
    /// process.
    #[arg(long)]
    pub(super) wall_time: bool,
    /// Take the server that serves in this folder, one run at a time, instead of one for each worker.
    #[arg(long, value_name = "DIR")]
    pub(super) socket_dir: Option<PathBuf>,
    /// Its control socket; without it `control.sock` in that folder.
    #[arg(long, value_name = "PATH", requires = "socket_dir")]
    pub(super) control: Option<PathBuf>,
}

/// A revision to judge by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Judge {
    /// The patch as first posted.
    Reviewed,
    /// Linux 7.2.
    Merged,
    /// The driver that answers every concern.
    Robust,
}

impl Judge {
    pub(super) const fn revision(self) -> driver::RevisionName {
        match self {
            Self::Reviewed => driver::RevisionName::Reviewed,
            Self::Merged => driver::RevisionName::Merged,
            Self::Robust => driver::RevisionName::Robust,
        }
    }
}

impl RevisionChoice {
    /// The one revision that is meant, if it is one.
    pub(super) const fn revision(self) -> Option<driver::RevisionName> {
        match self {
            Self::Reviewed => Some(driver::RevisionName::Reviewed),
            Self::Merged => Some(driver::RevisionName::Merged),
            Self::Robust => Some(driver::RevisionName::Robust),
            Self::All => None,
        }
    }
}

/// Which revisions to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RevisionChoice {
    /// The patch as first posted.
    Reviewed,
    /// Linux 7.2.
    Merged,
    /// The driver that answers every concern.
    Robust,
    /// All that a file names.
    All,
}
