//! `vm` without a terminal, and without a kit.

use guest::kit::{Kit, KitOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A device without VFs.
const DEVICE: &str = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" }"#;

/// A folder of its own for a test, with the device in it.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    std::fs::write(folder.join("device.json"), DEVICE).expect("a file can be written");
    folder
}

/// Runs the tool with `input` at its standard input, which ends then.
fn fed(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
        .args(arguments)
        .current_dir(folder)
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
        return;
    }
    let folder = folder("vm-pipe");
    let (code, stdout, stderr) = fed(&folder, &["vm", "--device", "device.json"], "counters\nhelp");
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
    let folder = folder("vm-no-kit");
    for arguments in [
        vec!["vm"],
        vec!["serve", "--socket-dir", "sockets", "--boot-script", "boot.sh"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
            .args(&arguments)
            .current_dir(&folder)
            .env("XDG_CACHE_HOME", folder.join("cache"))
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
}
