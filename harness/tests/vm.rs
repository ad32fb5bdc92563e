//! `vm` without a terminal, and without a kit.

mod workbench;

use guest::kit::{Kit, KitOptions};
use std::io::Write;
use std::process::{Command, Stdio};
use workbench::{BOOT, Workbench};

/// Runs the tool with `input` at its standard input, which ends then.
fn fed(bench: &Workbench, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
        .args(arguments)
        .current_dir(bench.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool can be started");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(input.as_bytes()).expect("the tool reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("the tool writes UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn lines_of_a_pipe_reach_the_guests_shell_and_its_end_ends_the_guest() {
    if Kit::locate(&KitOptions::default()).is_err() {
        eprintln!("there is no guest kit here; `mlx5-cosim setup` fetches it");
        return;
    }
    let bench = Workbench::new("vm-pipe");
    bench.write("boot.json", BOOT);
    let (code, stdout, stderr) = fed(&bench, &["vm", "--device", "boot.json"], "counters\nhelp");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("guest# counters\n"), "{stdout}");
    assert!(stdout.contains("  fw_pages_total 240\n"), "{stdout}");
    // The last line had no end of its own, and nobody wrote the last word.
    assert!(
        stdout.contains("guest# help\n") && stdout.contains("guest# poweroff\n"),
        "{stdout}"
    );
    assert!(!stdout.contains('\r'), "{stdout:?}");
}

#[test]
fn without_a_kit_the_remedy_is_named() {
    let bench = Workbench::new("vm-no-kit");
    let cache = bench.path("cache");
    for arguments in [
        vec!["vm"],
        vec!["serve", "--socket-dir", "sockets", "--boot-script", "boot.sh"],
        vec!["run", "--backend", "linux", "boot.json"],
    ] {
        bench.write("boot.json", BOOT);
        let output = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
            .args(&arguments)
            .current_dir(bench.path(""))
            .env("XDG_CACHE_HOME", &cache)
            .stdin(Stdio::null())
            .output()
            .expect("the tool can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(104), "{arguments:?}: {said}");
        assert!(
            said.contains("is not there") && said.contains("`mlx5-cosim setup`"),
            "{said}"
        );
    }
    assert_eq!(bench.tool(&["check", "boot.json"]).stdout, "");
}
