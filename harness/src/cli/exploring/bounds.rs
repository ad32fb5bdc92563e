//! How far and how a race is explored, as the arguments say.

use crate::cli::explore_arguments::{ExploreArguments, StrategyChoice, Switch};
use crate::explore::Detail;
use crate::explore::survey::Strategy;
use search::walks::Draw;
use search::{Method, Shard};
use std::num::NonZeroUsize;

/// What is done to find what there is.
pub(super) fn strategy(arguments: &ExploreArguments) -> Strategy {
    let has = |switch| !arguments.without.contains(&switch);
    let seeds = arguments.seeds.0.clone();
    match arguments.strategy {
        StrategyChoice::Exhaustive => Strategy::Exhaustive {
            method: Method {
                visited: has(Switch::Visited),
                // What is learnt in one part would not be known in another.
                persistent: has(Switch::Persistent) && arguments.partition.is_none(),
                sleep: has(Switch::Sleep),
                remember: has(Switch::Standings),
                ..Method::PLAIN
            },
            shard: arguments.partition.map_or(Shard::ALL, |partition| {
                let (number, of) = partition.place();
                Shard {
                    number: prm::saturated::<u32>(number),
                    of: prm::saturated::<u32>(of),
                }
            }),
            jobs: arguments.jobs.unwrap_or_else(|| jobs(arguments)),
        },
        // A swarm goes through no race: whoever asks for its ways through one gets those that are drawn.
        StrategyChoice::Random | StrategyChoice::Swarm => Strategy::Walks {
            draw: Draw::Uniform,
            seeds,
        },
        StrategyChoice::Pct => Strategy::Walks {
            draw: Draw::Priorities {
                depth: arguments.depth,
            },
            seeds,
        },
    }
}

/// One, where states are to be compared: which way is gone first decides what need not be gone, and several have no order.
fn jobs(arguments: &ExploreArguments) -> NonZeroUsize {
    match arguments.states {
        Some(_) => NonZeroUsize::MIN,
        None => cores(),
    }
}

/// As many as there are cores, four at the most.
fn cores() -> NonZeroUsize {
    const MOST: NonZeroUsize = NonZeroUsize::new(4).unwrap();
    std::thread::available_parallelism().map_or(NonZeroUsize::MIN, |cores| cores.min(MOST))
}

/// What bounds a survey, in words.
pub(super) fn bounds(arguments: &ExploreArguments) -> String {
    let mut words: Vec<String> = Vec::new();
    match (arguments.vfs, arguments.requests) {
        (None, None) => words.push("sizes as in the file".to_owned()),
        (vfs, requests) => {
            words.extend(vfs.map(|vfs| format!("{vfs} VFs")));
            words.extend(requests.map(|requests| format!("{requests} requests")));
        }
    }
    words.push(match arguments.detail {
        Detail::Commands => "commands as one step".to_owned(),
        Detail::Interrupts => "commands as one step, interrupts apart".to_owned(),
        Detail::All => "every single step".to_owned(),
    });
    words.push(match arguments.strategy {
        StrategyChoice::Exhaustive => "every way".to_owned(),
        StrategyChoice::Random | StrategyChoice::Swarm => {
            format!("seeds {:?}, uniform", arguments.seeds.0)
        }
        StrategyChoice::Pct => format!(
            "seeds {:?}, priorities of depth {}",
            arguments.seeds.0, arguments.depth
        ),
    });
    if arguments.early_timeouts > 0 {
        words.push(format!("{} early time-outs", arguments.early_timeouts));
    }
    words.join(", ")
}
