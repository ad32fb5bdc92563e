//! Our driver in a QEMU guest, on a PCI device: every scenario, and what becomes of a run whose guest or device goes.
//!
//! Every run is a test of its own, in an order that is drawn ([`ORDER_SEED`] draws another one), and equals the run in one process
//! and its snapshot; the shorter ones are played once more on one guest in another order. Of each scenario one revision is drawn
//! where nobody asks for more ([`sample`]). They need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored,
//! and say so; where [`guest_kit::REQUIRED`] is set they fail instead.

mod elsewhere;
mod failures;
#[path = "../guest_kit/mod.rs"]
mod guest_kit;
mod guests;
#[path = "../project_runs/mod.rs"]
mod project_runs;
mod sample;

use guest_kit::needing_kit;
use libtest_mimic::Arguments;
use project_runs::order::{ORDER_SEED, drawn, order_seed};
use project_runs::pool::Pool;
use project_runs::run::{ProjectRun, all};
use project_runs::trials::{in_an_order, one_by_one};
use sample::Sample;
use std::process::ExitCode;
use std::sync::Arc;

/// Guests at a time, at the most.
const GUESTS: usize = 3;

/// The folder whose runs are played in two orders: loads and unloads of every kind of function.
const TWICE: &str = "lifecycle/";

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A guest without KVM takes a processor for itself.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads = Some(arguments.test_threads.unwrap_or(processors).min(GUESTS));
    let guests = Arc::new(Pool::new(guests::backend));
    let Some(seed) = order_seed() else {
        eprintln!("{ORDER_SEED} is no number");
        return ExitCode::FAILURE;
    };
    let runs = all();
    let twice = |run: &&ProjectRun| run.file_name.starts_with(TWICE);
    let mut trials = failures::trials();
    trials.extend(elsewhere::trials());
    trials.push(in_an_order(
        runs.iter().filter(twice).cloned().collect(),
        2,
        &guests,
    ));
    // Whoever names a run gets it.
    let sample = match &arguments.filter {
        Some(_) => Sample::Every,
        None => Sample::asked_for(),
    };
    let runs = sample.of(runs);
    eprintln!("{} runs: {sample}", runs.len());
    trials.extend(one_by_one(&drawn(runs, seed), &guests));
    let conclusion = libtest_mimic::run(&arguments, needing_kit(trials));
    guests.end();
    conclusion.exit_code()
}
