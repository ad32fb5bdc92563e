//! What a swarm is told.

use super::kit_arguments::KitArguments;
use crate::scenario::Reachability;
use crate::swarm::frame::Reach;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

/// Guests at a time, where nobody says how many.
const GUESTS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// See the module's head.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "With --strategy swarm, and with --backend linux")]
pub(super) struct SwarmArguments {
    /// Where findings are saved, each as a scenario.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    pub(super) out: PathBuf,
    /// Runs that are spent on shrinking one finding, at the most: 40 on linux, 2000 in process, where nobody says.
    #[arg(long, value_name = "N")]
    pub(super) tries: Option<u32>,
    /// With --strategy swarm: what firmware may do.
    #[arg(long, value_enum, default_value = "compliant_firmware")]
    pub(super) class: ClassChoice,
    /// With --strategy swarm: draw nothing that is known to break a rule; then nothing may be found.
    #[arg(long)]
    pub(super) clean: bool,
    /// Draw nothing: play the file itself, on a fresh guest for each seed.
    #[arg(long)]
    pub(super) as_it_is: bool,
    /// Play nothing: save what each seed draws.
    #[arg(long, conflicts_with = "as_it_is")]
    pub(super) draw: bool,
    #[command(flatten)]
    pub(super) kit: KitArguments,
}

impl SwarmArguments {
    /// How far drawings go where everything is drawn.
    pub(super) const fn reach(&self) -> Reach {
        if self.clean {
            Reach::Clean
        } else {
            Reach::Everything
        }
    }
}

/// What firmware may do in what is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum ClassChoice {
    /// It keeps to the interface.
    CompliantFirmware,
    /// It does what the interface does not foresee, too.
    FirmwareQuirk,
}

impl ClassChoice {
    /// As a scenario has it.
    pub(super) const fn reachability(self) -> Reachability {
        match self {
            Self::CompliantFirmware => Reachability::CompliantFirmware,
            Self::FirmwareQuirk => Reachability::FirmwareQuirk,
        }
    }
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
