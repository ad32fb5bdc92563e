//! `run`, `replay`, `diff`: formats, files, exit codes.

mod workbench;

use serde_json::{Value, json};
use std::fs;
use workbench::{BOOT, Workbench, broken, ends};

fn bench(test: &str) -> Workbench {
    let bench = Workbench::new(&format!("run-{test}"));
    bench.write("scenarios/boot.json", BOOT);
    bench
}

#[test]
fn results_for_people_are_on_stdout_and_nothing_else_is() {
    let ran = bench("human").tool(&["run"]);
    ends(&ran, 0);
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.contains("pass  boot  merged"), "{}", ran.stdout);
    let totals = "2 runs of 1 scenario: 2 as expected, 0 failed, 0 skipped";
    assert!(ran.stdout.contains(totals), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "colours without a terminal");
}

#[test]
fn json_has_one_result_per_line() {
    let ran = bench("json").tool(&["run", "--format", "json"]);
    ends(&ran, 0);
    let results: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(results.len(), 2);
    let fields = [
        "scenario",
        "revision",
        "backend",
        "outcome",
        "failure",
        "reason",
        "file",
        "failures",
        "steps",
        "virtual_ns",
        "trace_hash",
        "counters",
        "ledger",
        "warnings",
        "violations",
        "notes",
        "snapshot_difference",
        "replay",
    ];
    for result in &results {
        let mut known: Vec<&str> = result.as_object().unwrap().keys().map(String::as_str).collect();
        let mut wanted = fields.to_vec();
        known.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(known, wanted);
    }
    assert_eq!(
        results[0]["replay"],
        "cargo run --release -- run scenarios/boot.json --revision merged"
    );
    assert_eq!(
        (&results[0]["steps"], &results[0]["outcome"]),
        (&2.into(), &"pass".into())
    );
}

#[test]
fn ktap_has_a_subtest_for_each_revision() {
    let ran = bench("ktap").tool(&["run", "--format", "ktap"]);
    ends(&ran, 0);
    let (times, lines): (Vec<&str>, Vec<&str>) = ran
        .stdout
        .lines()
        .partition(|line| line.contains(": virtual time "));
    assert_eq!(times.len(), 2, "{times:?}");
    assert!(times[0].starts_with("    # merged: virtual time 0."), "{times:?}");
    let wanted = [
        "KTAP version 1",
        "1..1",
        "    KTAP version 1",
        "    # Subtest: boot",
        "    1..2",
        "    ok 1 merged",
        "    ok 2 robust",
        "ok 1 boot",
    ];
    assert_eq!(lines, wanted);
}

#[test]
fn junit_has_a_suite_for_each_revision() {
    let ran = bench("junit").tool(&["run", "--format", "junit"]);
    ends(&ran, 0);
    assert!(
        ran.stdout.contains("<testsuite name=\"merged\" tests=\"1\""),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("<testcase name=\"boot\" classname=\"scenarios/boot.json\""),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_wrong_number_fails_and_says_how_to_repeat_it() {
    let bench = bench("wrong");
    bench.write(
        "scenarios/boot.json",
        &broken("\"fw_pages_total\": 240", "\"fw_pages_total\": 241"),
    );
    let ran = bench.tool(&["run", "--revision", "merged"]);
    ends(&ran, 100);
    assert!(
        ran.stdout.contains("counters.fw_pages_total is 240, not 241"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("cargo run --release -- run scenarios/boot.json --revision merged"),
        "{}",
        ran.stdout
    );
}

#[test]
fn selections_and_their_exit_codes() {
    let bench = bench("selection");
    for (code, arguments) in [
        (4, vec!["run", "--filter", "nothing"]),
        (4, vec!["run", "--revision", "reviewed"]),
        (2, vec!["run", "nowhere"]),
        (2, vec!["run", "--partition", "hash:3/2"]),
        (2, vec!["run", "--update"]),
        (2, vec!["run", "--no-such-option", "x"]),
        (2, vec!["run", "--commands", "x"]),
        (2, vec!["nonsense"]),
        (0, vec!["run", "--backend", "socket"]),
        (2, vec!["run", "--backend", "socket", "--record", "x"]),
        (2, vec!["run", "--backend", "guest", "--record", "x"]),
        (
            104,
            vec!["run", "--backend", "guest", "--kernel", "no-such-kernel"],
        ),
        (2, vec!["run", "--socket-dir", "x"]),
        (2, vec!["run", "--wall-time"]),
        (
            104,
            vec!["run", "--backend", "linux", "--kernel", "no-such-kernel"],
        ),
        (2, vec!["run", "--backend", "linux", "--revision", "robust"]),
        (2, vec!["run", "--backend", "linux", "--record", "x"]),
        (0, vec!["run", "--filter", "boot", "--seed", "3"]),
        (0, vec!["--help"]),
    ] {
        let ran = bench.tool(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(
            code == 0 || !ran.stderr.is_empty(),
            "{arguments:?} fails without a word"
        );
    }
}

#[test]
fn parts_of_a_selection_are_the_selection() {
    let bench = bench("parts");
    let lines = |arguments: &[&str]| {
        bench
            .tool(arguments)
            .stdout
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let all = lines(&["run", "--format", "json"]);
    let first = lines(&["run", "--format", "json", "--partition", "hash:1/2"]);
    let second = lines(&["run", "--format", "json", "--partition", "hash:2/2"]);
    let mut together = [first, second].concat();
    together.sort();
    assert_eq!(together, all);
}

#[test]
fn a_recorded_run_repeats_byte_for_byte() {
    let bench = bench("record");
    ends(&bench.tool(&["run", "--record", "runs", "--seed", "7"]), 0);
    let ran = bench.tool(&["replay", "runs/boot@merged-seed-7.run.json"]);
    ends(&ran, 0);
    assert!(ran.stdout.contains("byte for byte"), "{}", ran.stdout);
    let file = bench.path("runs/boot@merged-seed-7.run.json");
    let mut artifact: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    artifact["trace_hash"] = "0".into();
    fs::write(&file, artifact.to_string()).unwrap();
    ends(&bench.tool(&["replay", "runs/boot@merged-seed-7.run.json"]), 102);
    bench.write("no-run.json", "{}");
    ends(&bench.tool(&["replay", "no-run.json"]), 103);
    ends(&bench.tool(&["replay", "missing.json"]), 2);
}

#[test]
fn a_recorded_schedule_survives_more_commands_and_tells_the_name_that_never_comes() {
    let bench = bench("schedule");
    ends(&bench.tool(&["run", "--record", "runs", "--seed", "7"]), 0);
    let name = "runs/boot@merged-seed-7.run.json";
    let file = bench.path(name);
    let recorded: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(recorded["choices"].as_array().unwrap().len() > 10, "{recorded}");
    let replay = |artifact: &Value| {
        fs::write(&file, artifact.to_string()).unwrap();
        bench.tool(&["replay", name])
    };
    let mut more_commands = recorded.clone();
    more_commands["scenario"]["device"]["eswitch"] = json!({ "manager": true, "vport_group_manager": true });
    more_commands["scenario"]["device"]["vfs"] = json!({ "total": 2, "first_vhca_id": 16 });
    let ran = replay(&more_commands);
    ends(&ran, 102);
    assert!(!ran.stdout.contains("never came"), "{}", ran.stdout);
    let mut no_such_name = recorded.clone();
    no_such_name["choices"][3] = "pf host.load: writes Nothing".into();
    let ran = replay(&no_such_name);
    ends(&ran, 102);
    let told = "wants `pf host.load: writes Nothing` at its choice 4 of ";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let mut older = recorded;
    older["version"] = 1.into();
    let ran = replay(&older);
    ends(&ran, 103);
    assert!(ran.stderr.contains("record it again"), "{}", ran.stderr);
}

#[test]
fn outputs_are_compared_counter_by_counter() {
    let bench = bench("diff");
    let merged = bench
        .tool(&["run", "--format", "json", "--revision", "merged"])
        .stdout;
    bench.write("a.jsonl", &merged);
    bench.write(
        "b.jsonl",
        &merged.replace("\"fw_pages_total\":0", "\"fw_pages_total\":4294967256"),
    );
    ends(&bench.tool(&["diff", "a.jsonl", "a.jsonl"]), 0);
    let ran = bench.tool(&["diff", "a.jsonl", "b.jsonl"]);
    ends(&ran, 101);
    assert!(ran.stdout.contains("counters.fw_pages_total"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("4294967256 (-40 as u32)  -40"),
        "{}",
        ran.stdout
    );
    ends(&bench.tool(&["diff", "a.jsonl", "scenarios/boot.json"]), 2);
}

#[test]
fn the_command_stream_is_json_lines() {
    let bench = bench("commands");
    ends(
        &bench.tool(&["run", "--revision", "merged", "--commands", "stream.jsonl"]),
        0,
    );
    let stream = fs::read_to_string(bench.path("stream.jsonl")).unwrap();
    assert!(stream.lines().count() > 10, "{stream}");
    assert!(
        stream
            .lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok_and(|entry| entry.is_object()))
    );
}

#[test]
fn the_log_is_json_when_asked() {
    let ran = bench("log").tool(&["run", "--log", "json"]);
    ends(&ran, 0);
    let logged: Vec<Value> = ran
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert!(
        logged.iter().any(|entry| entry["span"]["scenario"] == "boot"),
        "{}",
        ran.stderr
    );
}

/// The project's own scenarios and snapshots.
fn project() -> std::path::PathBuf {
    let harness = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.parent().expect("the project").to_owned()
}

#[test]
fn the_checked_in_snapshots_are_those_that_the_tool_writes() {
    let bench = Workbench::new("run-checked-in");
    let kept = project().join("snapshots");
    let kept = kept.to_str().expect("UTF-8");
    let scenarios = project().join("scenarios");
    let scenarios = scenarios.to_str().expect("UTF-8");
    let some = project().join("scenarios/page-waits");
    let some = some.to_str().expect("UTF-8");
    ends(&bench.tool(&["run", some, "--snapshots", kept]), 0);
    // Written anew elsewhere, every file has the same bytes.
    ends(
        &bench.tool(&["run", scenarios, "--snapshots", "new", "--update"]),
        0,
    );
    let read = |folder: &std::path::Path| {
        let mut files: Vec<(String, String)> = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| {
                let entry = entry.expect("an entry");
                let name = entry.file_name().to_string_lossy().into_owned();
                (name, fs::read_to_string(entry.path()).expect("a text"))
            })
            .collect();
        files.sort();
        files
    };
    let (new, old) = (read(&bench.path("new")), read(std::path::Path::new(kept)));
    let names = |files: &[(String, String)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&new), names(&old));
    for (new, old) in new.iter().zip(&old) {
        assert_eq!(new, old);
    }
    let diff = |a: &str, b: &str| {
        let [a, b] = [a, b].map(|name| format!("{kept}/{name}.snap"));
        bench.tool(&["diff", &a, &b])
    };
    let name = "attribution__none-then-populate";
    ends(&diff(&format!("{name}@merged"), &format!("{name}@merged")), 0);
    ends(&diff(&format!("{name}@merged"), &format!("{name}@reviewed")), 101);
}

#[test]
fn colours_and_widths_are_as_the_user_says() {
    let bench = bench("colour");
    let with = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
        for unset in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(unset);
        }
        let output = command
            .args(arguments)
            .envs(variables.iter().copied())
            .current_dir(bench.path(""))
            .output()
            .expect("the tool can be started");
        let all = [output.stdout, output.stderr].concat();
        String::from_utf8(all).expect("the tool writes UTF-8")
    };
    for (coloured, variables, arguments) in [
        (false, vec![], vec!["run"]),
        (true, vec![], vec!["run", "--color", "always"]),
        (true, vec![], vec!["--color=always", "run"]),
        (true, vec![("CLICOLOR_FORCE", "1")], vec!["run"]),
        (
            false,
            vec![("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
            vec!["run"],
        ),
        (
            false,
            vec![("CLICOLOR_FORCE", "1")],
            vec!["run", "--color", "never"],
        ),
        (true, vec![("NO_COLOR", "1")], vec!["run", "--color", "always"]),
        (true, vec![], vec!["--color", "always", "--help"]),
        (true, vec![], vec!["run", "--no-such-option", "--color=always"]),
        (
            false,
            vec![("CLICOLOR_FORCE", "1")],
            vec!["run", "--no-such-option", "--color", "never"],
        ),
        (true, vec![], vec!["check", "Cargo.toml", "--color", "always"]),
    ] {
        bench.write("Cargo.toml", "no scenario");
        let text = with(&variables, &arguments);
        assert_eq!(
            text.contains('\u{1b}'),
            coloured,
            "{variables:?} {arguments:?}\n{text}"
        );
    }
    let narrow = with(&[("COLUMNS", "60")], &["run", "-v"]);
    let long = narrow.lines().find(|line| {
        // Neither the log nor the line to copy gives way, nor a column of numbers.
        let stays = [" INFO", "revision ", "merged ", "robust "];
        let stays = stays.iter().any(|start| line.starts_with(start)) || line.contains(" repeat ");
        line.chars().count() > 60 && !stays
    });
    assert_eq!(long, None, "{narrow}");
}
