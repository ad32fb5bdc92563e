//! The Python client of the control socket: its own tests, against this build of the server.
//!
//! Skipped, saying so, where there is no Python of version 3.9 or later.

use std::path::Path;
use std::process::Command;

fn has_python() -> bool {
    let asked = "import sys; sys.exit(sys.version_info < (3, 9))";
    let status = Command::new("python3").args(["-c", asked]).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn the_client_in_python_passes_its_tests_against_this_server() {
    if !has_python() {
        eprintln!("skipped: there is no Python 3.9 or later");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new("python3")
        .args(["-m", "unittest", "discover", "clients/python/tests"])
        .current_dir(&root)
        .env("PYTHONPATH", "clients/python")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MLX5_COSIM", env!("CARGO_BIN_EXE_mlx5-cosim"))
        .output()
        .expect("Python can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // A folder in which nothing is found passes as well.
    let ran = said
        .lines()
        .find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse::<u32>().ok());
    assert!(ran.is_some_and(|ran| ran >= 15), "{said}");
}
