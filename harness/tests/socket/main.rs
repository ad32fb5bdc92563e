//! Our driver on a device that is another process: every scenario, and what becomes of a driver whose way to it fails.

mod failures;

use libtest_mimic::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = failures::trials();
    libtest_mimic::run(&arguments, trials).exit_code()
}
