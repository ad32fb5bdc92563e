//! The arguments of `review`.

use super::run_arguments::Judge;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What `review` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct ReviewArguments {
    /// Patches: an mbox or files as `b4 am` and `git format-patch` write them, folders of them, diffs. Or one folder with a
    /// built mlx5_core.ko, or a kernel's tree.
    #[arg(value_name = "PATCH", required_unless_present_any = ["tree", "modules"])]
    pub(super) patches: Vec<PathBuf>,
    /// A kernel's tree: its mlx5_core with its own configuration. Patches apply to it, and it without them is what was before.
    #[arg(long, value_name = "DIR")]
    pub(super) tree: Option<PathBuf>,
    /// A folder with a built mlx5_core.ko, instead of patches.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["patches", "tree"])]
    pub(super) modules: Option<PathBuf>,
    /// What was before: patches, a tree or a folder with a built module, instead of the distribution's module.
    #[arg(long, value_name = "PATH")]
    pub(super) base: Option<PathBuf>,
    /// Only scenarios that are about what the patch changes, by the table scenarios/touches.toml.
    #[arg(long)]
    pub(super) quick: bool,
    /// Only scenarios whose path or name contains this, or the one that has this name. May be given several times.
    #[arg(long, value_name = "SUBSTRING")]
    pub(super) only: Vec<String>,
    /// Form of the results.
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Form,
    /// Plain text of at most 72 columns to paste below the patch.
    #[arg(long, conflicts_with = "format")]
    pub(super) mail: bool,
    /// Write a page to look at into this folder: index.html, with everything in it.
    #[arg(long, value_name = "DIR")]
    pub(super) report: Option<PathBuf>,
    /// Guests at a time. Without it two for each core, four at the most.
    #[arg(short, long, visible_alias = "guests", value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Also what waits long on the wall clock.
    #[arg(long)]
    pub(super) full: bool,
    /// Do not run once more what differs. Chance may have had a part in it then.
    #[arg(long)]
    pub(super) once: bool,
    /// Run what was before, even where its runs are known from an earlier review.
    #[arg(long)]
    pub(super) fresh: bool,
    /// Revision whose run of ours paces the runs on Linux.
    #[arg(long, value_enum, default_value = "merged", value_name = "REVISION")]
    pub(super) expect: Judge,
    /// Both drivers with scalable functions.
    #[arg(long, conflicts_with = "no_eswitch")]
    pub(super) subfunctions: bool,
    /// Both drivers without the embedded switch.
    #[arg(long)]
    pub(super) no_eswitch: bool,
    /// This QEMU instead of the kit's.
    #[arg(long, value_name = "PATH")]
    pub(super) qemu: Option<PathBuf>,
}

/// Forms of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people.
    Human,
    /// One object per line.
    Json,
}
