//! What becomes of a verb whose standard output or standard error cannot be written.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::{Child, Command, Stdio};

/// Ways to call the program that say something, on one stream or both.
const VERBS: [&[&str]; 14] = [
    &["run", "scenarios/lifecycle"],
    &["run", "-v", "scenarios/lifecycle"],
    &["run", "-vv", "scenarios/lifecycle"],
    &["run", "--format", "json", "scenarios/lifecycle"],
    &["run", "--format", "junit", "scenarios/lifecycle"],
    &["run", "--format", "ktap", "scenarios/lifecycle"],
    &["list"],
    &["check", "scenarios/lifecycle"],
    &["check", "Cargo.toml"],
    &["explain", "scenarios/lifecycle/load-unload.json"],
    &["schema"],
    &["--help"],
    &["run", "--no-such-flag"],
    &["explain", "no-such-file"],
];

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
    command
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env_remove("MLX5_COSIM_LOG")
        .stdin(Stdio::null());
    command
}

fn full() -> File {
    OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full")
}

/// A pipe whose reader has gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn said_by(child: &mut Child) -> String {
    let mut said = String::new();
    if let Some(stderr) = &mut child.stderr {
        stderr.read_to_string(&mut said).expect("text");
    }
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_string(&mut said).expect("text");
    }
    said
}

#[test]
fn a_full_disk_ends_what_is_written_to_it_with_1() {
    for arguments in VERBS {
        let usual = program(arguments).output().unwrap();
        for into in ["stdout", "stderr", "both"] {
            let mut command = program(arguments);
            let (out, err) = (into != "stderr", into != "stdout");
            command.stdout(if out { full().into() } else { Stdio::piped() });
            command.stderr(if err { full().into() } else { Stdio::piped() });
            let mut child = command.spawn().unwrap();
            let said = said_by(&mut child);
            let code = child.wait().unwrap().code();
            let fails = out && !usual.stdout.is_empty() || err && !usual.stderr.is_empty();
            let expected = if fails { Some(1) } else { usual.status.code() };
            assert_eq!(code, expected, "{arguments:?} with a full {into}: {said}");
            assert!(!said.contains("panicked"), "{arguments:?}: {said}");
            if into == "stdout" && fails {
                assert!(said.contains("No space left on device"), "{arguments:?}: {said}");
            }
        }
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    for arguments in VERBS {
        let usual = program(arguments).output().unwrap();
        for into in ["stdout", "stderr", "both"] {
            let mut command = program(arguments);
            command.stdout(if into == "stderr" {
                Stdio::piped()
            } else {
                closed()
            });
            command.stderr(if into == "stdout" {
                Stdio::piped()
            } else {
                closed()
            });
            let mut child = command.spawn().unwrap();
            let said = said_by(&mut child);
            let code = child.wait().unwrap().code();
            assert_eq!(
                code,
                usual.status.code(),
                "{arguments:?} with a closed {into}: {said}"
            );
            assert!(!said.contains("Broken pipe"), "{arguments:?}: {said}");
        }
    }
}
