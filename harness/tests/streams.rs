//! What becomes of a verb whose standard output or standard error cannot be written.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::{Child, Command, Stdio};

/// Ways to call the program that say something, on one stream or both.
const VERBS: [&[&str]; 14] = [
    &["run", "scenarios/lifecycle/boot-init-funcid.json"],
    &["run", "-v", "scenarios/lifecycle/vf-alone.json"],
    &["run", "-vv", "scenarios/lifecycle/vf-alone.json"],
    &["run", "--format", "json", "scenarios/lifecycle/vf-alone.json"],
    &["run", "--format", "junit", "scenarios/lifecycle/vf-alone.json"],
    &["run", "--format", "ktap", "scenarios/lifecycle/vf-alone.json"],
    &["list"],
    &["check", "scenarios/lifecycle/vf-alone.json"],
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

/// A folder of its own for a test.
fn folder(test: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

#[test]
fn a_file_that_cannot_be_written_whole_is_named_and_does_not_stand_there() {
    let folder = folder("streams-limit");
    let scenario = "scenarios/lifecycle/boot-init-funcid.json";
    let run = |arguments: &str| {
        // A limit on the size of files is as good as a full disk, and needs no privileges.
        let script = format!("ulimit -f 1; exec \"$0\" run --revision merged {scenario} {arguments}");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_mlx5-cosim")])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .expect("the tool can be started");
        // What could not be written is an error of its case in the report.
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    let commands = folder.join("commands.jsonl");
    for (arguments, name) in [
        (format!("--commands '{}'", commands.display()), "commands.jsonl"),
        (
            format!("--record '{}'", folder.display()),
            "boot-init-funcid@merged.run.json",
        ),
    ] {
        let (code, said) = run(&arguments);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(name) && said.contains("File too large"), "{said}");
        let left: Vec<_> = std::fs::read_dir(&folder).expect("it stays").flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn files_are_never_written_through_a_link() {
    let folder = folder("streams-link");
    let target = folder.join("target");
    std::fs::write(&target, "kept").expect("a file can be written");
    let scenario = "scenarios/lifecycle/boot-init-funcid.json";
    for (flag, link, path) in [
        ("--commands", "commands.jsonl", folder.join("commands.jsonl")),
        (
            "--record",
            "lifecycle__boot-init-funcid@merged.run.json",
            folder.clone(),
        ),
    ] {
        std::os::unix::fs::symlink(&target, folder.join(link)).expect("a link can be made");
        let path = path.display().to_string();
        let output = program(&["run", "--revision", "merged", scenario, flag, &path])
            .output()
            .expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("{link}: it is a symbolic link")), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&target).expect("it stays"), "kept");
}
