//! `mlx5-cosim`: see `mlx5-cosim help`.

#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::cli::run_command_line(std::env::args_os()).into()
}
