//! What a swarm is told.

use super::kit_arguments::KitArguments;
use clap::Args;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

/// Guests at a time, where nobody says how many.
const GUESTS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// See the module's head.
#[derive(Clone, Debug, Args)]
pub(super) struct SwarmArguments {
    /// Seeds to play: from A up to, and without, B.
    #[arg(long, value_name = "A..B", default_value = "0..100")]
    pub(super) seeds: Seeds,
    /// Begin no seed after so many seconds.
    #[arg(long, value_name = "S")]
    pub(super) max_seconds: Option<u64>,
    /// Where findings are saved, each as a scenario.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    pub(super) out: PathBuf,
    /// Runs that are spent on shrinking one finding, at the most.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(super) tries: u32,
    /// Guests at a time; one more follows what they find.
    #[arg(short, long, visible_alias = "guests", value_name = "N", default_value_t = GUESTS)]
    pub(super) jobs: NonZeroUsize,
    /// Draw nothing: play the file itself, on a fresh guest for each seed.
    #[arg(long)]
    pub(super) as_it_is: bool,
    /// Play nothing: save what each seed draws.
    #[arg(long, conflicts_with = "as_it_is")]
    pub(super) draw: bool,
    #[command(flatten)]
    pub(super) kit: KitArguments,
}

/// A range of seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seeds(pub(super) Range<u64>);

/// The text is no range of seeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write A..B with A below B, as 0..100")]
pub(super) struct NoSeeds;

impl FromStr for Seeds {
    type Err = NoSeeds;

    fn from_str(text: &str) -> Result<Self, NoSeeds> {
        let (from, to) = text.split_once("..").ok_or(NoSeeds)?;
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| NoSeeds);
        let range = number(from)?..number(to)?;
        (!range.is_empty()).then_some(Self(range)).ok_or(NoSeeds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range() {
        assert_eq!("3..7".parse(), Ok(Seeds(3..7)));
        for text in ["3", "7..3", "3..3", "a..b", ""] {
            assert_eq!(text.parse::<Seeds>(), Err(NoSeeds), "{text}");
        }
    }
}
