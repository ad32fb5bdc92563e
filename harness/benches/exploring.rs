//! What it takes to search a race to its end, and to the first thing that goes wrong: states, transitions, bytes, processor time. One
//! table, as it stands in `docs/explore.md`; beside it, loom and shuttle on models of the same races.
//!
//! `cargo bench -p mlx5-cosim --bench exploring`

use driver::RevisionName;
use harness::explore::survey::{Limits, Strategy, survey};
use harness::explore::{Detail, RaceOptions};
use harness::scenario::{ScenarioFile, Sizes, read_scenario};
use models::{Case, Race, Revision, Size, Until, exhaust};
use rustix::time::{ClockId, clock_gettime};
use search::walks::Draw;
use search::{Method, Shard, Spent, Verdict};
use std::num::NonZeroUsize;
use std::path::Path;

/// Seconds after which a search counts as too long for this table.
const MOST_S: f64 = 20.0;

/// Races, by file and sizes.
const RACES: [(&str, Option<(u16, u32)>); 8] = [
    ("drift", Some((2, 2))),
    ("drift", Some((8, 4))),
    ("lock", Some((2, 2))),
    ("migration", None),
    ("unload", Some((1, 1))),
    ("unload", Some((2, 2))),
    ("unload-pf", None),
    ("eight-actors", None),
];

const REVISIONS: [RevisionName; 3] = [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust];

fn main() {
    println!(
        "| race | revision | states | transitions | rounds | ends | s | bytes a state | first flaw, s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (name, sizes) in RACES {
        for revision in REVISIONS {
            row(name, sizes, revision);
        }
    }
    println!("\n| first flaw of `eight-actors` by PCT | s |\n|---|---|");
    for revision in REVISIONS {
        let scenario = race("eight-actors", None);
        let strategy = Strategy::Walks {
            draw: Draw::Priorities { depth: 3 },
            seeds: 0..2_000,
        };
        let (seconds, found) = timed(|| searched(&scenario, revision, &strategy, true));
        let flaws = found.map_or(0, |found| found.found.flaws.len());
        println!(
            "| {revision}{} | {seconds:.3} |",
            if flaws == 0 { ": none" } else { "" }
        );
    }
    println!("\n| loom, until exhausted, on a model | runs | s |\n|---|---|---|");
    for (race, revision, vfs, requests) in [
        (Race::Drift, Revision::Merged, 2, 2),
        (Race::Drift, Revision::Robust, 2, 2),
        (Race::Lock, Revision::Robust, 2, 1),
        (Race::GuardedMigration, Revision::Merged, 2, 1),
        (Race::Drift, Revision::Robust, 4, 4),
    ] {
        let size = Size { vfs, requests };
        let (seconds, found) = timed(|| exhaust(Case { race, revision, size }, None, Until::Exhausted));
        println!(
            "| {race:?} {revision:?} v{vfs} r{requests} | {} | {seconds:.3} |",
            found.schedules
        );
    }
}

fn row(name: &str, sizes: Option<(u16, u32)>, revision: RevisionName) {
    let scenario = race(name, sizes);
    let all = Strategy::Exhaustive {
        method: Method::SHORT,
        shard: Shard::ALL,
        jobs: NonZeroUsize::MIN,
    };
    let (seconds, whole) = timed(|| searched(&scenario, revision, &all, false));
    let (first, found) = timed(|| searched(&scenario, revision, &all, true));
    let sizes = sizes.map_or_else(String::new, |(vfs, requests)| format!(" v{vfs} r{requests}"));
    let Some(whole) = whole else {
        println!("| {name}{sizes} | {revision} | - | - | - | - | - | - | - |");
        return;
    };
    let spent = whole.found.spent;
    let first = match found.is_some_and(|found| !found.found.flaws.is_empty()) {
        true => format!("{first:.3}"),
        false => "none".to_owned(),
    };
    let more = match whole.found.verdict {
        Verdict::Exhausted => "",
        Verdict::Spent | Verdict::Stopped => " and more",
    };
    println!(
        "| {name}{sizes} | {revision} | {}{more} | {} | {} | {} | {seconds:.3} | {} | {first} |",
        spent.states,
        spent.transitions,
        whole.rounds,
        whole.found.ends.len(),
        spent.bytes / spent.states.max(1),
    );
}

fn race(name: &str, sizes: Option<(u16, u32)>) -> ScenarioFile {
    let file = format!("{}/../scenarios/races/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let scenario = read_scenario(Path::new(&file));
    let scenario = scenario
        .map_err(|error| error.to_string())
        .expect("a race of the project");
    scenario.sized(Sizes {
        vfs: sizes.map(|(vfs, _)| vfs),
        requests: sizes.map(|(_, requests)| requests),
    })
}

fn searched(
    scenario: &ScenarioFile,
    revision: RevisionName,
    strategy: &Strategy,
    first_flaw: bool,
) -> Option<harness::explore::Survey> {
    let began = processor_time();
    let limits = Limits {
        budget: &|_: &Spent| processor_time() - began < MOST_S,
        first_flaw,
    };
    let options = RaceOptions {
        detail: Detail::Commands,
        early_timeouts: 0,
    };
    survey(scenario, revision.choices(), options, strategy, &limits).ok()
}

fn timed<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let began = processor_time();
    let done = work();
    (processor_time() - began, done)
}

/// Processor time of this thread, in seconds: what others do on the machine is no part of it.
#[expect(clippy::cast_precision_loss, reason = "a table needs no more digits")]
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
