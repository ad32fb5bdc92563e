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

/// Whether there is a kit, and whether it has a shell and what folders of the host need. A kit of an earlier version has neither.
fn kit() -> Option<(bool, bool)> {
    let kit = Kit::locate(&KitOptions::default()).ok()?;
    Some((kit.shell().is_some(), kit.share_modules().is_ok()))
}

/// Runs `vm` with the device of `folder`.
fn vm(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let all: Vec<&str> = ["vm", "--device", "device.json"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    fed(folder, &all, input)
}

#[test]
fn a_command_has_its_streams_and_its_exit_code() {
    if kit().is_none() {
        return;
    }
    let folder = folder("vm-command");
    let (code, stdout, stderr) = vm(&folder, &["--dmesg", "dmesg", "--", "counters"], "");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.starts_with("0000:01:00.0\n  fw_pages"), "{stdout}");
    assert!(stdout.contains("  fw_pages_total 240\n"), "{stdout}");
    // Nothing else: no prompt, no kernel, no word of this program.
    assert!(
        stdout.lines().skip(1).all(|line| line.starts_with("  fw_pages_")),
        "{stdout}"
    );
    assert_eq!(stderr, "");
    let dmesg = std::fs::read_to_string(folder.join("dmesg")).expect("it is written");
    assert!(
        dmesg.contains("mlx5_core 0000:01:00.0: firmware version: 20.43.2566\n"),
        "{dmesg}"
    );
}

#[test]
fn a_script_at_standard_input_ends_with_its_last_command() {
    let Some((has_shell, _)) = kit() else { return };
    let folder = folder("vm-script");
    let (code, stdout, stderr) = vm(&folder, &[], "counters\npoweroff\n");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(
        stdout.starts_with("0000:01:00.0\n") && !stdout.contains("guest#"),
        "{stdout}"
    );
    if !has_shell {
        return;
    }
    // Words for all streams, zeros and odd bytes; the last line has no end of its own, and nobody ends the guest.
    let script = "for n in 1 2 3; do echo line $n; done | tail -n 1\n\
                  printf 'a\\000b\\r\\n'; echo error >&2\n\
                  dmesg | grep -c 'firmware version'\nsh -c 'kill -9 $$'";
    let (code, stdout, stderr) = vm(&folder, &["--cpus", "2", "--memory", "640"], script);
    assert_eq!(stdout, "line 3\na\0b\r\n1\n", "{stderr}");
    assert_eq!(code, Some(137), "{stdout}{stderr}");
    assert!(stderr.starts_with("error\n"), "{stderr}");
}

#[test]
fn the_shell_gets_a_text_and_its_commands_get_the_input() {
    if !kit().is_some_and(|(has_shell, _)| has_shell) {
        return;
    }
    let folder = folder("vm-exec");
    let text = "cat | wc -c; vfs 2 && counters | grep -c total; nproc; exit 7";
    let (code, stdout, stderr) = fed(
        &folder,
        &["vm", "--cpus", "2", "--exec", text],
        &"x\n".repeat(100_000),
    );
    assert_eq!(code, Some(7), "{stdout}{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.first(), Some(&"200000"), "{stdout}{stderr}");
    assert_eq!(
        lines[1..3],
        [
            "  vf1 0000:01:00.1: it has a driver",
            "  vf2 0000:01:00.2: it has a driver"
        ]
    );
    assert_eq!(lines[3..], ["3", "2"], "{stdout}{stderr}");
}

#[test]
fn a_guest_that_dies_before_its_command_is_told_from_a_command_that_fails() {
    if !kit().is_some_and(|(has_shell, _)| has_shell) {
        return;
    }
    let text = "echo before; echo c > /proc/sysrq-trigger; sleep 60";
    let (code, stdout, stderr) = vm(&folder("vm-panic"), &["--exec", text], "");
    assert_eq!((code, stdout.as_str()), (Some(104), "before\n"), "{stderr}");
    assert!(
        stderr.contains("the guest ended before the command did") && stderr.contains("panic"),
        "{stderr}"
    );
}

#[test]
fn folders_of_the_host_are_there_to_be_read_and_its_own_root_too() {
    if kit() != Some((true, true)) {
        return;
    }
    let folder = folder("vm-share");
    std::fs::create_dir(folder.join("out")).expect("a folder");
    std::fs::write(folder.join("words"), "of the host\n").expect("a file");
    let text =
        "cat words; echo x > words || echo kept; echo done > /out/result; cat /proc/mounts | grep -c 9p";
    let shares = ["--share", ".", "--share", "out=/out:rw", "--exec", text];
    let (code, stdout, stderr) = vm(&folder, &shares, "");
    assert_eq!(
        (code, stdout.as_str()),
        (Some(0), "of the host\nkept\n2\n"),
        "{stderr}"
    );
    let result = std::fs::read_to_string(folder.join("out/result")).expect("it was written");
    assert_eq!(result, "done\n");

    // The same file by its own path, the guest's kernel, changes that are lost.
    let text = "cat words && echo changed > words && cat words && counters | head -n 1 && uname -r";
    let (code, stdout, stderr) = vm(&folder, &["--rootfs", "host", "--exec", text], "");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert_eq!(lines[..3], ["of the host", "changed", "0000:01:00.0"], "{stderr}");
    assert!(lines[3].starts_with("7."), "{stdout}");
    let words = std::fs::read_to_string(folder.join("words")).expect("it is there");
    assert_eq!(words, "of the host\n");
}

#[test]
fn what_cannot_be_shared_or_logged_is_refused_before_a_guest_is_booted() {
    let folder = folder("vm-refused");
    for arguments in [
        ["--share", "nowhere"],
        ["--share", "device.json"],
        ["--rootfs", "nowhere"],
        ["--memory", "1M"],
    ] {
        let (code, stdout, stderr) = vm(&folder, &arguments, "");
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(!stderr.is_empty());
    }
    if kit().is_some() {
        let (code, _, stderr) = vm(&folder, &["--dmesg", "nowhere/dmesg"], "");
        assert_eq!(code, Some(2), "{stderr}");
    }
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
