//! The arguments of `explore`.

use super::partition::Partition;
use super::run_arguments::RevisionChoice;
use super::swarm_arguments::SwarmArguments;
use crate::explore::Detail;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

/// What `explore` is told.
#[derive(Clone, Debug, Args)]
pub(super) struct ExploreArguments {
    /// The scenario file with the race, or its name as `list` prints it; with --strategy swarm none, since everything is drawn.
    pub(super) file: Option<PathBuf>,
    /// Revision of the driver; `all` are those that the file names.
    #[arg(long, value_enum, default_value = "all")]
    pub(super) revision: RevisionChoice,
    /// How ways are chosen.
    #[arg(long, value_enum, default_value = "exhaustive")]
    pub(super) strategy: StrategyChoice,
    /// The seeds of ways that are drawn, from A to before B.
    #[arg(long, value_name = "A..B", default_value = "0..1000")]
    pub(super) seeds: Seeds,
    /// With pct: how many orders of two steps it takes to get to a flaw.
    #[arg(long, value_name = "N", default_value = "3")]
    pub(super) depth: u32,
    /// How finely the race is looked at.
    #[arg(long, value_enum, default_value = "commands")]
    pub(super) detail: Detail,
    /// So many time-outs may come though others could go on.
    #[arg(long, value_name = "K", default_value = "0")]
    pub(super) early_timeouts: u32,
    /// So many VFs instead of those that the file enables and asks for in turn.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=127))]
    pub(super) vfs: Option<u16>,
    /// So often what the file repeats.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) requests: Option<u32>,
    /// At most so many states.
    #[arg(long, value_name = "N")]
    pub(super) max_states: Option<u64>,
    /// At most so many seconds.
    #[arg(long, value_name = "N")]
    pub(super) max_seconds: Option<u64>,
    /// At most so many MiB for what is remembered of states.
    #[arg(long, value_name = "MIB", default_value = "4096")]
    pub(super) max_memory: u64,
    /// So many search at once; without it as many as there are cores, four at the most, but one with --states; two
    /// guests on linux.
    #[arg(short, long, visible_alias = "guests", value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// The M-th of N parts of an exhaustive search, as `hash:1/4`: by the hash of its first choices.
    #[arg(long, value_name = "hash:M/N")]
    pub(super) partition: Option<Partition>,
    /// Write what was found, with the fingerprints of all states, into this file, for `merge`.
    #[arg(long, value_name = "FILE")]
    pub(super) states: Option<PathBuf>,
    /// Leave nothing out: which switches of a search are off. May be repeated.
    #[arg(long, value_enum, value_name = "SWITCH")]
    pub(super) without: Vec<Switch>,
    /// End with the first thing that goes wrong.
    #[arg(long)]
    pub(super) first: bool,
    /// Judge by what the file expects of the revision: violations that it names are none.
    #[arg(long)]
    pub(super) expect: bool,
    /// Where artifacts of what goes wrong are written, for `replay`.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) record: PathBuf,
    /// Write the shortest way to what goes wrong as a scenario, with choices that are forced.
    #[arg(long, value_name = "FILE")]
    pub(super) emit: Option<PathBuf>,
    /// Form of the results on standard output.
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: ExploreFormat,
    /// Write a page to look at into this folder: index.html, with everything in it.
    #[arg(long, value_name = "DIR")]
    pub(super) report: Option<PathBuf>,
    /// Where the driver runs. On linux, the unmodified one, firmware's choices are drawn: with --strategy random; with
    /// swarm everything is, and our driver runs beside it.
    #[arg(long, value_enum, default_value = "inproc")]
    pub(super) backend: ExploreBackend,
    #[command(flatten)]
    pub(super) swarm: SwarmArguments,
}

/// How ways are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StrategyChoice {
    /// All of them.
    Exhaustive,
    /// Every choice as likely as any other.
    Random,
    /// By priorities that are drawn, with few changes.
    Pct,
    /// No race is gone through: devices, firmware, hosts and their troubles are drawn, and every rule is held against them.
    Swarm,
}

/// Something that a search does to be short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    /// Remembers states.
    Visited,
    /// Makes only the choices that are enough.
    Persistent,
    /// Of two steps that touch nothing in common, takes one order only.
    Sleep,
    /// Remembers standings: without it every way is gone again from its beginning.
    Standings,
}

/// A form of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExploreFormat {
    /// For people, in lines that fit a mail.
    Human,
    /// One object a revision, each on a line.
    Json,
}

/// Where the driver runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExploreBackend {
    /// Ours, in this process.
    Inproc,
    /// The unmodified one, in a guest.
    Linux,
}

/// Seeds, from one to before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seeds(pub(super) Range<u64>);

/// The text is no range of seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write A..B with A less than B, as 0..1000")]
pub(super) struct NoSeeds;

impl FromStr for Seeds {
    type Err = NoSeeds;

    fn from_str(text: &str) -> Result<Self, NoSeeds> {
        let (from, to) = text.split_once("..").ok_or(NoSeeds)?;
        let seeds = from.parse().map_err(|_| NoSeeds)?..to.parse().map_err(|_| NoSeeds)?;
        if seeds.is_empty() {
            Err(NoSeeds)
        } else {
            Ok(Self(seeds))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_with_something_in_it() {
        assert_eq!("0..20".parse(), Ok(Seeds(0..20)));
        for text in ["", "5", "5..5", "7..3", "a..b", "1..", "-1..2"] {
            assert_eq!(text.parse::<Seeds>(), Err(NoSeeds), "{text}");
        }
    }
}
