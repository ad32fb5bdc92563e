//! `mlx5-cosim`: see `mlx5-cosim help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::cli::run_command_line(std::env::args_os()).into()
}
