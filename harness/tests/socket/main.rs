//! Our driver on a device that is another process: every scenario, and what becomes of a driver whose way to it fails.
//!
//! Every run is a test of its own, in an order that is drawn ([`ORDER_SEED`] draws another one); and all of them once more on one
//! server in another order.

mod elsewhere;
mod failures;
#[path = "../project_runs/mod.rs"]
mod project_runs;
mod servers;
mod wall_time;

use harness::stage::socket::server::Time;
use libtest_mimic::Arguments;
use project_runs::order::{ORDER_SEED, drawn, order_seed};
use project_runs::pool::Pool;
use project_runs::run::all;
use project_runs::trials::{in_an_order, one_by_one};
use servers::backend;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let servers = Arc::new(Pool::new(|| Ok(backend(Time::Virtual))));
    let Some(seed) = order_seed() else {
        eprintln!("{ORDER_SEED} is no number");
        return ExitCode::FAILURE;
    };
    let runs = all();
    let mut trials = failures::trials();
    trials.extend(elsewhere::trials());
    trials.extend(wall_time::trials());
    trials.push(in_an_order(runs.clone(), 2, &servers));
    trials.extend(one_by_one(&drawn(runs, seed), &servers));
    let conclusion = libtest_mimic::run(&arguments, trials);
    servers.end();
    conclusion.exit_code()
}
