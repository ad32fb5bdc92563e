//! Several reports at once, and several runs at once: every output has the same bytes whatever else is written, and
//! whatever the number of workers.

mod workbench;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use workbench::{BOOT, Ran, Workbench, broken};

/// The forms that a report can have.
const FORMATS: [&str; 4] = ["human", "json", "junit", "ktap"];

/// A folder with scenarios that pass, fail and are no scenarios.
fn bench(test: &str) -> Workbench {
    let bench = Workbench::new(&format!("outputs-{test}"));
    let named = |name: &str, text: &str| {
        let text = text.replacen("\"name\": \"boot\"", &format!("\"name\": \"{name}\""), 1);
        bench.write(&format!("scenarios/{name}.json"), &text);
    };
    for number in 0..12 {
        named(&format!("good-{number}"), BOOT);
    }
    named(
        "wrong",
        &broken("\"fw_pages_total\": 240", "\"fw_pages_total\": 241"),
    );
    bench.write("scenarios/none.json", "{}");
    bench
}

/// The code, and both streams.
fn all(ran: Ran) -> (i32, String, String) {
    (ran.code, ran.stdout, ran.stderr)
}

#[test]
fn every_output_has_the_same_bytes_whatever_the_number_of_workers() {
    let bench = bench("workers");
    for format in FORMATS {
        for log in [&[][..], &["-vv"][..]] {
            let run = |workers: &str| {
                let arguments = ["run", "--format", format, "-j", workers];
                all(bench.tool(&[&arguments[..], log].concat()))
            };
            let alone = run("1");
            assert_eq!(alone.0, 103, "{}", alone.2);
            assert!(log.is_empty() || alone.2.contains("actor="), "{}", alone.2);
            for workers in ["2", "7"] {
                assert!(run(workers) == alone, "{format} {log:?} -j {workers}");
            }
        }
    }
}

#[test]
fn what_runs_keep_is_the_same_whatever_the_number_of_workers() {
    let bench = bench("kept");
    let folder = |name: &str| -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(bench.path(name)).expect("the folder is there");
        let mut files: Vec<(String, Vec<u8>)> = entries
            .flatten()
            .map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                (name, fs::read(entry.path()).expect("it can be read"))
            })
            .collect();
        files.sort();
        files
    };
    let keep = |workers: &str| {
        let snapshots = format!("snapshots-{workers}");
        let records = format!("records-{workers}");
        let update = ["run", "-j", workers, "--snapshots", &snapshots, "--update"];
        let ran = bench.tool(&[&update[..], &["--record", &records]].concat());
        assert_eq!(ran.code, 103, "{}", ran.stderr);
        let again = [
            "run",
            "-j",
            workers,
            "--snapshots",
            &snapshots,
            "--format",
            "json",
        ];
        let again = bench.tool(&again);
        assert_eq!(again.stdout.matches("\"failure\":\"snapshot\"").count(), 0);
        (folder(&snapshots), folder(&records))
    };
    let alone = keep("1");
    assert_eq!((alone.0.len(), alone.1.len()), (26, 26));
    assert!(keep("7") == alone);
}

#[test]
fn what_is_accepted_for_one_revision_is_read_by_the_next() {
    let bench = bench("accept");
    let ran = bench.tool(&["run", "scenarios/wrong.json", "-j", "7", "--accept"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(bench.tool(&["run", "scenarios/wrong.json"]).code, 0);
}

#[test]
fn several_reports_at_once_are_what_each_is_alone() {
    let bench = bench("several");
    let alone: Vec<(&str, String)> = FORMATS
        .map(|format| (format, bench.tool(&["run", "--format", format]).stdout))
        .into();
    for (on_stdout, words) in &alone {
        let mut arguments = vec!["run".to_owned(), "--format".to_owned(), (*on_stdout).to_owned()];
        for format in FORMATS {
            arguments.extend([format!("--{format}"), format!("{format}.report")]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = bench.tool(&arguments);
        assert_eq!((ran.code, &ran.stdout), (103, words));
        for (format, words) in &alone {
            let file = bench.path(&format!("{format}.report"));
            let written = fs::read_to_string(&file).expect("the report is there");
            assert_eq!(&written, words, "{format} beside {on_stdout}");
            fs::remove_file(file).expect("it is ours");
        }
    }
}

#[test]
fn a_replay_is_reported_in_every_form() {
    let bench = bench("replay");
    bench.tool(&["run", "scenarios/good-1.json", "--record", "kept"]);
    let record = "kept/good-1@merged.run.json";
    let plain = bench.tool(&["replay", record]);
    assert!(
        plain.stdout.contains("the same run, byte for byte"),
        "{}",
        plain.stdout
    );
    let ran = bench.tool(&[
        "replay", record, "--format", "ktap", "--junit", "r.xml", "--json", "r.json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("KTAP version 1\n1..1\n"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("the same run, byte for byte"),
        "{}",
        ran.stderr
    );
    let read = |name: &str| fs::read_to_string(bench.path(name)).expect("the report is there");
    assert!(read("r.xml").contains("tests=\"1\""), "{}", read("r.xml"));
    assert_eq!(read("r.json").lines().count(), 1);
}

/// The tool refuses to begin, says so in one line with these words, and has run nothing.
#[track_caller]
fn is_refused(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "no `{word}` in {}", ran.stderr);
    }
}

#[test]
fn a_place_where_no_report_can_stand_is_told_before_anything_runs() {
    let bench = bench("refused");
    let run = |arguments: &[&str]| bench.tool(&[&["run", "scenarios/good-1.json"], arguments].concat());
    bench.write("kept.xml", "kept");
    symlink("kept.xml", bench.path("link.xml")).expect("a link can be made");
    let fifo = Command::new("mkfifo").arg(bench.path("pipe")).status();
    assert!(fifo.expect("mkfifo is there").success());
    let ran = run(&["--json", "same", "--junit", "./same"]);
    is_refused(&ran, &["--json and --junit cannot write the same file"]);
    let one = [
        "--revision",
        "merged",
        "--json",
        "same",
        "--commands",
        "scenarios/../same",
    ];
    is_refused(&run(&one), &["--json and --commands cannot write the same file"]);
    is_refused(&run(&["--ktap", "pipe"]), &["pipe: it is a pipe"]);
    is_refused(
        &run(&["--junit", "link.xml"]),
        &["link.xml: it is a symbolic link"],
    );
    is_refused(&run(&["--junit", "scenarios"]), &["scenarios: "]);
    is_refused(
        &run(&["--junit", "no/such/folder/j.xml"]),
        &["no/such/folder/j.xml: "],
    );
    // One that cannot be begun keeps the others from taking a name.
    is_refused(&run(&["--json", "kept.xml", "--junit", "scenarios"]), &[]);
    assert_eq!(
        fs::read_to_string(bench.path("kept.xml")).expect("it stays"),
        "kept"
    );
    assert!(!bench.path("same").exists());
}

#[test]
fn a_full_disk_costs_the_report_that_is_written_to_it_and_no_other() {
    let bench = bench("full");
    let usual = bench.tool(&["run"]).stdout;
    let ran = bench.tool(&["run", "--json", "/dev/full", "--junit", "j.xml"]);
    assert_eq!((ran.code, &ran.stdout), (1, &usual), "{}", ran.stderr);
    assert_eq!(
        ran.stderr.matches("No space left on device").count(),
        1,
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("/dev/full"), "{}", ran.stderr);
    assert!(bench.path("j.xml").exists());
    // A limit on the size of files is as good as a full disk.
    let ktap = bench.write("k.ktap", "old");
    let script = "ulimit -f 1; exec \"$0\" run --ktap k.ktap --json j.json";
    let limited = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_mlx5-cosim")])
        .current_dir(bench.path(""))
        .output()
        .expect("the tool can be started");
    let said = String::from_utf8_lossy(&limited.stderr);
    assert_eq!(limited.status.code(), Some(1), "{said}");
    assert!(said.contains("j.json: File too large"), "{said}");
    assert_eq!(String::from_utf8_lossy(&limited.stdout), usual);
    // What stood there stands there still, and nothing that is not whole.
    let left = |name: &str| Path::new(&bench.path(name)).exists();
    assert!(!left("j.json"));
    let whole = fs::read_to_string(ktap).expect("it is there");
    assert!(whole == "old" || whole.starts_with("KTAP"), "{whole}");
    let unfinished = fs::read_dir(bench.path(""))
        .expect("the folder is there")
        .flatten();
    let unfinished = unfinished.filter(|entry| entry.file_name().to_string_lossy().contains("unfinished"));
    assert_eq!(unfinished.count(), 0);
}

#[test]
fn a_closed_pipe_ends_only_what_is_written_for_it() {
    let bench = bench("closed");
    let whole = bench.tool(&["run", "--format", "json"]).stdout;
    for workers in ["1", "7"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
            .args(["run", "-j", workers, "--json", "whole.json"])
            .current_dir(bench.path(""))
            .stdout(writer)
            .output()
            .expect("the tool can be started");
        assert_eq!(ended.status.code(), Some(103));
        let written = fs::read_to_string(bench.path("whole.json")).expect("the report is there");
        assert_eq!(written, whole);
    }
}

#[test]
fn the_page_has_the_same_bytes_whatever_the_number_of_workers() {
    let bench = bench("page");
    let page = |workers: &str| {
        let folder = format!("page-{workers}");
        let ran = bench.tool(&["run", "-j", workers, "--report", &folder]);
        assert_eq!(ran.code, 103, "{}", ran.stderr);
        fs::read_to_string(bench.path(&folder).join("index.html")).expect("the page is there")
    };
    let alone = page("1");
    assert!(alone.contains("id=\"run-24\"") && alone.ends_with("</html>\n"));
    assert!(page("7") == alone);
}

#[test]
fn a_page_without_a_place_is_refused_before_anything_runs() {
    let bench = bench("page-refused");
    bench.write("file", "kept");
    let refused = |arguments: &[&str], words: &str| {
        let ran = bench.tool(&[&["run"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "no `{words}` in\n{}", ran.stderr);
    };
    refused(&["--report", "file"], "no folder for the page");
    let both = ["--report", "out", "--junit", "out/index.html"];
    refused(&both, "--junit and --report cannot write the same file");
    fs::create_dir_all(bench.path("linked")).expect("a folder can be made");
    symlink(bench.path("file"), bench.path("linked/index.html")).expect("a link can be made");
    refused(&["--report", "linked"], "index.html");
    assert_eq!(
        fs::read_to_string(bench.path("file")).expect("it is there"),
        "kept"
    );
}
