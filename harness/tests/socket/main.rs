//! Our driver on a device that is another process: every scenario, and what becomes of a driver whose way to it fails.

mod elsewhere;
mod failures;
mod scenarios;
mod servers;

use libtest_mimic::Arguments;
use servers::Servers;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let servers = Arc::new(Servers::default());
    let mut trials = failures::trials();
    trials.extend(elsewhere::trials());
    trials.extend(scenarios::trials(&scenarios::cases(), &servers));
    let conclusion = libtest_mimic::run(&arguments, trials);
    servers.end();
    conclusion.exit_code()
}
