//! `snapshots review`: changes of snapshots, walked through one by one.

mod workbench;

use std::fs;
use std::io::Write;
use std::process::Stdio;
use workbench::{BOOT, Ran, Workbench, broken, ends};

fn review(bench: &Workbench, answers: &str) -> Ran {
    let mut child = bench
        .command()
        .args(["snapshots", "review"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    // Who has nothing to ask does not read.
    let _ = stdin.write_all(answers.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("it ends").into()
}

#[track_caller]
fn ends_with(ran: &Ran, code: i32, with: &str) {
    ends(ran, code);
    assert!(ran.stdout.ends_with(&format!("{with}\n")), "{}", ran.stdout);
}

/// A folder with snapshots of two runs of which the scenario has changed since.
fn bench(test: &str) -> Workbench {
    let bench = Workbench::new(test);
    bench.write("scenarios/waits/boot.json", BOOT);
    let ran = bench.tool(&["run", "--snapshots", "snapshots", "--update"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    bench.write(
        "scenarios/waits/boot.json",
        &broken("\"vhca_id\": 5", "\"vhca_id\": 6"),
    );
    bench
}

fn snapshot(bench: &Workbench, revision: &str) -> String {
    let file = bench.path(&format!("snapshots/waits__boot@{revision}.snap"));
    fs::read_to_string(file).expect("a snapshot")
}

#[test]
fn what_is_accepted_is_written_and_what_is_rejected_stays() {
    let bench = bench("snapshots-answers");
    let (merged, robust) = (snapshot(&bench, "merged"), snapshot(&bench, "robust"));
    let pending = bench.write("snapshots/waits__boot@robust.snap.new", "from a test");
    let ran = review(&bench, "a\nr\n");
    ends_with(&ran, 101, "2 changes: 1 accepted, 1 rejected, 0 skipped");
    for part in [
        "1 of 2: snapshots/waits__boot@merged.snap",
        "2 of 2: ",
        "first",
        "second",
    ] {
        assert!(ran.stdout.contains(part), "no `{part}` in {}", ran.stdout);
    }
    assert_ne!(snapshot(&bench, "merged"), merged);
    assert_eq!(snapshot(&bench, "robust"), robust);
    assert!(!pending.exists(), "what was rejected is gone");
    // The one that was rejected is still another one.
    ends_with(
        &review(&bench, "s\n"),
        101,
        "1 changes: 0 accepted, 0 rejected, 1 skipped",
    );
    ends_with(
        &review(&bench, "A\n"),
        0,
        "1 changes: 1 accepted, 0 rejected, 0 skipped",
    );
    ends_with(&review(&bench, ""), 0, "2 runs are as their snapshots say");
    let ran = bench.tool(&["run", "--snapshots", "snapshots"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn the_end_of_the_answers_leaves_the_rest_as_it_is() {
    let bench = bench("snapshots-end");
    let before = snapshot(&bench, "merged");
    ends_with(
        &review(&bench, ""),
        101,
        "2 changes: 0 accepted, 0 rejected, 2 skipped",
    );
    ends_with(
        &review(&bench, "what\nq\na\n"),
        101,
        "2 changes: 0 accepted, 0 rejected, 2 skipped",
    );
    assert_eq!(snapshot(&bench, "merged"), before);
}

#[test]
fn new_ones_and_those_of_no_run_are_changes_too() {
    let bench = Workbench::new("snapshots-new");
    bench.write("scenarios/waits/boot.json", BOOT);
    let stale = bench.write("snapshots/waits__gone@merged.snap", "---\n---\n{}\n");
    let ran = review(&bench, "A\n");
    ends_with(&ran, 0, "3 changes: 3 accepted, 0 rejected, 0 skipped");
    assert!(ran.stdout.contains("there is none yet"), "{}", ran.stdout);
    assert!(ran.stdout.contains("belongs to no run"), "{}", ran.stdout);
    assert!(!stale.exists());
    assert!(snapshot(&bench, "robust").contains("fw_pages_total"));
}

#[test]
fn a_file_that_is_not_valid_is_told_and_the_others_are_walked_through() {
    let bench = Workbench::new("snapshots-invalid");
    bench.write("scenarios/waits/boot.json", BOOT);
    bench.write("scenarios/waits/broken.json", "{");
    let kept = bench.write("snapshots/waits__broken@merged.snap", "---\n---\n{}\n");
    let ran = review(&bench, "A\n");
    ends_with(&ran, 103, "2 changes: 2 accepted, 0 rejected, 0 skipped");
    assert!(kept.exists(), "whether its run still exists nobody knows");
}
