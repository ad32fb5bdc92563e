//! What a swarm is told.

use super::kit_arguments::KitArguments;
use clap::Args;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

/// Guests at a time, where nobody says how many.
const GUESTS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// See the module's head.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "With --backend linux")]
pub(super) struct SwarmArguments {
    /// Where findings are saved, each as a scenario.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    pub(super) out: PathBuf,
    /// Runs that are spent on shrinking one finding, at the most.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(super) tries: u32,
    /// Draw nothing: play the file itself, on a fresh guest for each seed.
    #[arg(long)]
    pub(super) as_it_is: bool,
    /// Play nothing: save what each seed draws.
    #[arg(long, conflicts_with = "as_it_is")]
    pub(super) draw: bool,
    #[command(flatten)]
    pub(super) kit: KitArguments,
}

/// What bounds a swarm.
#[derive(Clone, Debug)]
pub(super) struct SwarmBounds {
    /// Seeds to play.
    pub(super) seeds: Range<u64>,
    /// No seed begins after so many seconds.
    pub(super) max_seconds: Option<u64>,
    /// Guests at a time; one more follows what they find.
    pub(super) jobs: Option<NonZeroUsize>,
}

impl SwarmBounds {
    /// How many guests there are at a time.
    pub(super) fn guests(&self) -> NonZeroUsize {
        self.jobs.unwrap_or(GUESTS)
    }
}
