//! Spike: the driver's page path written twice, as `async fn` actors and as explicit one-action steps, explored
//! exhaustively both ways and measured. The decision it supports is `docs/decisions/0001-driver-concurrency.md`.
//!
//! Without arguments it prints the table. Every cell is measured in a child process of its own, so that peak memory
//! is that of one search only: `page-path-spike measure <way> <policy> <vports> <requests>`.

mod async_actors;
mod async_executor;
mod explicit_steps;
mod exploration;
mod model;

use std::process::{Command, ExitCode};

use crate::async_executor::{RememberedFutures, RunningFutures};
use crate::explicit_steps::ExplicitState;
use crate::exploration::{Findings, explore_by_cloning, explore_by_running_again, run_random_schedules};
use crate::model::{MAX_VPORTS, Policy, Shape, fingerprint_of};

/// Page worker, firmware's page side, firmware's command side, and per vport its demand and its enable.
const MAX_ACTORS: usize = 3 + 2 * MAX_VPORTS;

/// What an actor is; the same numbering in both ways, so that outcomes can be compared.
#[derive(Clone, Copy, Debug)]
enum Role {
    PageWorker,
    PageFirmware,
    CommandFirmware,
    Demand { function: u8 },
    Enable { function: u8 },
}

fn actor_count(shape: Shape) -> usize {
    3 + 2 * usize::from(shape.vports)
}

fn role_of(shape: Shape, actor: usize) -> Role {
    let vport_roles =
        (1..=shape.vports).flat_map(|function| [Role::Demand { function }, Role::Enable { function }]);
    let mut roles = [Role::PageWorker, Role::PageFirmware, Role::CommandFirmware]
        .into_iter()
        .chain(vport_roles);
    roles.nth(actor).expect("actor numbers are below the actor count")
}

/// The ways compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    ExplicitSteps,
    AsyncRunAgain,
    AsyncRemembered,
}

const WAYS: [(Way, &str); 3] = [
    (Way::ExplicitSteps, "explicit"),
    (Way::AsyncRunAgain, "async-run-again"),
    (Way::AsyncRemembered, "async-remembered"),
];
const POLICIES: [(Policy, &str); 2] = [(Policy::Reviewed, "reviewed"), (Policy::Merged, "merged")];
const SIZES: [(u8, u8); 3] = [(2, 2), (2, 4), (3, 2)];
const RUNS: usize = 5;
const RANDOM_SCHEDULES: u32 = 20_000;
const SEED: u64 = 7;

fn explore(way: Way, shape: Shape) -> Findings {
    match way {
        Way::ExplicitSteps => explore_by_cloning(ExplicitState::start(shape)),
        Way::AsyncRunAgain => explore_by_running_again(|| RunningFutures::start(shape)),
        Way::AsyncRemembered => explore_by_cloning(RememberedFutures::start(shape)),
    }
}

fn run_random(way: Way, shape: Shape) -> (u64, u32) {
    match way {
        Way::ExplicitSteps => run_random_schedules(|| ExplicitState::start(shape), RANDOM_SCHEDULES, SEED),
        Way::AsyncRunAgain => run_random_schedules(|| RunningFutures::start(shape), RANDOM_SCHEDULES, SEED),
        Way::AsyncRemembered => {
            let start = RememberedFutures::start(shape);
            run_random_schedules(|| start.clone(), RANDOM_SCHEDULES, SEED)
        }
    }
}

#[allow(
    clippy::disallowed_types,
    reason = "measuring is this binary's purpose; no model code sees a wall clock"
)]
fn seconds_taken<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = std::time::Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

/// Measures one cell and prints it as one line of numbers, for the parent to collect.
fn measure(way: Way, shape: Shape) {
    let (mut seconds, findings) = seconds_taken(|| explore(way, shape));
    let peak_kib = peak_resident_kib().unwrap_or(0);
    if seconds < 0.2 {
        // Too short for one reading: the mean of enough repetitions.
        let mut repetitions = 0;
        let mut total = 0.0;
        while total < 0.3 {
            total += seconds_taken(|| explore(way, shape)).0;
            repetitions += 1;
        }
        seconds = total / f64::from(repetitions);
    }
    let (random_seconds, (_, underflowed)) = seconds_taken(|| run_random(way, shape));
    let terminal_digest = fingerprint_of(&findings.terminal_outcomes);
    println!(
        "{seconds} {} {peak_kib} {} {} {} {} {} {} {} {terminal_digest} {underflowed}",
        f64::from(RANDOM_SCHEDULES) / random_seconds,
        findings.visited.len(),
        findings.transitions,
        findings.executed_steps,
        findings.terminal_outcomes.len(),
        findings.underflows,
        findings.drifted_outcomes(),
        findings.stuck_outcomes(),
    );
}

fn peak_resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// One measured line: three readings, then counts that must be the same in every run.
struct Reading {
    seconds: f64,
    schedules_per_second: f64,
    peak_kib: f64,
    counts: Vec<u64>,
}

fn read_from_child(way: &str, policy: &str, size: (u8, u8)) -> Option<Reading> {
    let program = std::env::current_exe().ok()?;
    let size = [size.0.to_string(), size.1.to_string()];
    let output = Command::new(program)
        .args(["measure", way, policy])
        .args(size)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(Reading {
        seconds: words.first()?.parse().ok()?,
        schedules_per_second: words.get(1)?.parse().ok()?,
        peak_kib: words.get(2)?.parse().ok()?,
        counts: words
            .get(3..)?
            .iter()
            .map(|word| word.parse().ok())
            .collect::<Option<_>>()?,
    })
}

fn median(readings: &[Reading], of: impl Fn(&Reading) -> f64) -> f64 {
    let mut values: Vec<f64> = readings.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn print_table() -> Option<()> {
    println!(
        "| size | policy | way | states | transitions | steps run | terminal | stuck | drifted | underflows \
         | time ms | states/s | schedules/s | peak MiB | states/s against explicit |"
    );
    println!("|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for size in SIZES {
        for (_, policy) in POLICIES {
            let mut explicit_rate = None;
            let mut explicit_digest = None;
            for (_, way) in WAYS {
                let readings: Vec<Reading> = (0..RUNS)
                    .map(|_| read_from_child(way, policy, size))
                    .collect::<Option<_>>()?;
                let counts = &readings[0].counts;
                assert!(
                    readings.iter().all(|other| other.counts == *counts),
                    "a search is not deterministic"
                );
                let &[
                    states,
                    transitions,
                    steps,
                    terminal,
                    underflows,
                    drifted,
                    stuck,
                    digest,
                    _,
                ] = &counts[..]
                else {
                    return None;
                };
                assert_eq!(
                    *explicit_digest.get_or_insert(digest),
                    digest,
                    "the two ways end differently"
                );
                let seconds = median(&readings, |reading| reading.seconds);
                let rate = u32::try_from(states).map(f64::from).ok()? / seconds;
                let slower = *explicit_rate.get_or_insert(rate) / rate;
                println!(
                    "| {}x{} | {policy} | {way} | {states} | {transitions} | {steps} | {terminal} | {stuck} \
                     | {drifted} | {underflows} | {:.2} | {:.0} k | {:.0} k | {:.1} | 1/{slower:.2} |",
                    size.0,
                    size.1,
                    seconds * 1e3,
                    rate / 1e3,
                    median(&readings, |reading| reading.schedules_per_second) / 1e3,
                    median(&readings, |reading| reading.peak_kib) / 1024.0,
                );
            }
        }
    }
    Some(())
}

fn parse_cell(words: &[String]) -> Option<(Way, Shape)> {
    let [verb, way, policy, vports, requests] = words else {
        return None;
    };
    let way = WAYS.iter().find(|(_, name)| name == way)?.0;
    let policy = POLICIES.iter().find(|(_, name)| name == policy)?.0;
    let shape = Shape {
        policy,
        vports: vports.parse().ok()?,
        requests_per_vport: requests.parse().ok()?,
    };
    (verb == "measure" && shape.fits()).then_some((way, shape))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        return if print_table().is_some() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    match parse_cell(&words) {
        Some((way, shape)) => measure(way, shape),
        None => {
            eprintln!("usage: page-path-spike [measure <way> <policy> <vports> <requests per vport>]");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::{Findings, Policy, Shape, Way, explore};
    use crate::explicit_steps::ExplicitState;
    use crate::exploration::count_commuting_pairs;

    /// Small enough for an unoptimised build; the table asserts equal outcomes for the sizes it measures.
    const TESTED_SIZES: [(u8, u8); 3] = [(1, 2), (1, 4), (2, 2)];

    fn shapes(policy: Policy) -> impl Iterator<Item = Shape> {
        TESTED_SIZES
            .into_iter()
            .map(move |(vports, requests_per_vport)| Shape {
                policy,
                vports,
                requests_per_vport,
            })
    }

    fn two_by_two(policy: Policy) -> Shape {
        Shape {
            policy,
            vports: 2,
            requests_per_vport: 2,
        }
    }

    fn assert_same_findings(way: Way, shape: Shape, explicit: &Findings) {
        let found = explore(way, shape);
        assert_eq!(
            found.terminal_outcomes, explicit.terminal_outcomes,
            "{way:?} {shape:?}"
        );
        assert_eq!(found.visited.len(), explicit.visited.len(), "{way:?} {shape:?}");
        assert_eq!(found.transitions, explicit.transitions, "{way:?} {shape:?}");
        assert_eq!(found.underflows, explicit.underflows, "{way:?} {shape:?}");
    }

    #[test]
    fn every_way_visits_the_same_states_and_ends_the_same() {
        for shape in shapes(Policy::Reviewed).chain(shapes(Policy::Merged)) {
            let explicit = explore(Way::ExplicitSteps, shape);
            assert_same_findings(Way::AsyncRemembered, shape, &explicit);
            assert_same_findings(Way::AsyncRunAgain, shape, &explicit);
        }
    }

    #[test]
    fn reviewed_drifts_and_can_get_stuck() {
        for shape in shapes(Policy::Reviewed) {
            let found = explore(Way::ExplicitSteps, shape);
            assert!(found.underflows > 0 && found.drifted_outcomes() > 0 && found.stuck_outcomes() > 0);
        }
    }

    #[test]
    fn merged_neither_drifts_nor_gets_stuck() {
        for shape in shapes(Policy::Merged) {
            let found = explore(Way::ExplicitSteps, shape);
            assert_eq!(
                (found.underflows, found.drifted_outcomes(), found.stuck_outcomes()),
                (0, 0, 0)
            );
        }
    }

    #[test]
    fn operations_announced_on_different_objects_commute() {
        for policy in [Policy::Reviewed, Policy::Merged] {
            assert!(count_commuting_pairs(ExplicitState::start(two_by_two(policy))) > 0);
        }
    }
}
